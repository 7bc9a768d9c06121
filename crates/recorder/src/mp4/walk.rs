//! Boxes one after another in memory.

use mp4_atom::{Decode, FourCC, Header};

/// A box within a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoxAt<'a> {
    pub(super) kind: FourCC,
    /// Header and body.
    pub(super) whole: &'a [u8],
    pub(super) body: &'a [u8],
}

impl BoxAt<'_> {
    pub(super) fn is(&self, kind: [u8; 4]) -> bool {
        self.kind == FourCC::new(&kind)
    }
}

/// The boxes in `bytes`. Ends at the first one that does not fit.
pub(super) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = BoxAt<'_>> {
    std::iter::from_fn(move || {
        if bytes.len() < 8 {
            return None;
        }
        let mut after = bytes;
        let header = Header::decode(&mut after).ok()?;
        let header_bytes = bytes.len() - after.len();
        let size = header.size.unwrap_or(after.len());
        let body = after.get(..size)?;
        let whole = bytes.get(..header_bytes + size)?;
        bytes = after.get(size..)?;
        Some(BoxAt { kind: header.kind, whole, body })
    })
}

/// The first box of a kind in `bytes`.
pub(super) fn find(bytes: &[u8], kind: [u8; 4]) -> Option<BoxAt<'_>> {
    boxes(bytes).find(|found| found.is(kind))
}

/// The body of the box that a path of kinds leads to.
pub(super) fn descend<'a>(bytes: &'a [u8], path: &[[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |inside, kind| find(inside, *kind).map(|found| found.body))
}
