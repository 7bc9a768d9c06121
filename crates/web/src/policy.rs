//! What the page may load: itself, and the operator's map.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What a page may load beside the server's own.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Origins of the map's tiles, such as `https://tiles.example`.
    pub map_origins: Vec<String>,
}

impl Policy {
    /// The `Content-Security-Policy` of a page: no inline script, no other host, no frame around it. Styles that the
    /// component library writes carry the nonce.
    pub(crate) fn header(&self, nonce: &str) -> String {
        let tiles = self.map_origins.iter().fold(String::new(), |all, origin| format!("{all} {origin}"));
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data: blob:{tiles}; media-src 'self' blob:; connect-src 'self'{tiles}; worker-src 'self'; \
             font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
    }
}

/// A word that no page before had.
pub(crate) fn nonce() -> String {
    // A version 4 identifier is 122 random bits from the system.
    STANDARD_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_maps_origin_is_let_in() {
        let policy = Policy { map_origins: vec!["https://tiles.example".to_owned()] }.header("x");
        assert!(policy.contains("connect-src 'self' https://tiles.example;"), "{policy}");
        assert!(policy.contains("'nonce-x'") && !policy.contains("unsafe"));
        assert_ne!(nonce(), nonce());
    }
}
