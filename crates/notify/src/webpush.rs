//! Web Push: to a browser that has subscribed, RFC 8030, encrypted for it alone (RFC 8291) and signed with the key that it
//! was given when it subscribed (RFC 8292). The push service between sees neither words nor names.

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{DeliveryTrouble, Secret, Severity, Timestamp};
use hkdf::Hkdf;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use crate::render::shortened;
use crate::{Channel, Message, Misconfigured, SendError, Sent, Words, http};

/// Record size; what is sent is one record: RFC 8188 §2.
const RECORD: u32 = 4096;
/// Longest title and text, in UTF-16 units: with all escaping they fit the record.
const LONGEST_TITLE: usize = 150;
const LONGEST_TEXT: usize = 500;
/// For how long a browser that is offline may still be told, in seconds.
const KEPT: u32 = 86_400;
/// A signature is good for so many seconds; at most a day: RFC 8292 §2.
const SIGNED_FOR: i64 = 12 * 3600;

pub(crate) struct WebPush {
    http: reqwest::Client,
    words: Words,
    endpoint: Url,
    subject: String,
    browser: Browser,
    key: SigningKey,
}

/// What the browser gave when it subscribed.
struct Browser {
    /// Its public key, uncompressed.
    public: Vec<u8>,
    /// What it shares with the server alone.
    auth: Vec<u8>,
}

/// The server's key for push services.
struct SigningKey {
    pair: EcdsaKeyPair,
    public: Vec<u8>,
}

impl WebPush {
    pub(crate) fn new(
        http: reqwest::Client,
        words: Words,
        endpoint: &Url,
        (p256dh, subject): (&str, &str),
        (auth, vapid_key): (&Secret, &Secret),
    ) -> Result<Self, Misconfigured> {
        let wrong = |field, what: &str| Misconfigured {
            field,
            problem: format!("{what} is not what a browser gives"),
        };
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let public = decode(p256dh).filter(|key| key.len() == 65);
        let auth = decode(auth.reveal()).filter(|auth| auth.len() == 16);
        let key = decode(vapid_key.reveal()).and_then(|scalar| SigningKey::new(&scalar));
        Ok(Self {
            http,
            words,
            endpoint: endpoint.clone(),
            subject: subject.to_owned(),
            browser: Browser {
                public: public.ok_or_else(|| wrong("settings.p256dh", "p256dh"))?,
                auth: auth.ok_or_else(|| wrong("credentials", "auth"))?,
            },
            key: key.ok_or_else(|| wrong("credentials", "vapid_key"))?,
        })
    }

    /// RFC 8292 §3. The other side learns who the server is, and for which push service it speaks.
    fn authorization(&self, now: Timestamp) -> Option<String> {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let expires = now.as_micros() / 1_000_000 + SIGNED_FOR;
        let claims = json!({ "aud": self.endpoint.origin().ascii_serialization(), "exp": expires, "sub": self.subject });
        let signed = format!("{}.{}", encode(json!({ "typ": "JWT", "alg": "ES256" })), encode(claims));
        let signature = self.key.pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        let (signature, key) = (URL_SAFE_NO_PAD.encode(signature), URL_SAFE_NO_PAD.encode(&self.key.public));
        Some(format!("vapid t={signed}.{signature}, k={key}"))
    }

    fn payload(&self, message: &Message) -> String {
        let text = self.words.lines(message).join("\n");
        json!({
            "title": shortened(&self.words.title(message), LONGEST_TITLE),
            "body": shortened(&text, LONGEST_TEXT),
            "tag": message.key,
            "url": message.link,
        })
        .to_string()
    }
}

impl SigningKey {
    fn new(scalar: &[u8]) -> Option<Self> {
        let public = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?.compute_public_key().ok()?;
        let public = public.as_ref().to_vec();
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, &public);
        Some(Self { pair: pair.ok()?, public })
    }
}

impl Browser {
    /// Encrypts for the browser with a key pair and a salt that are used once: RFC 8291 §3.
    fn encrypt(&self, plain: &[u8], once: &PrivateKey, salt: [u8; 16]) -> Option<Vec<u8>> {
        let public = once.compute_public_key().ok()?;
        let public = public.as_ref();
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &self.public);
        let mut keying = [0; 32];
        agree(once, theirs, (), |shared| {
            let info = [b"WebPush: info\0".as_slice(), &self.public, public].concat();
            Hkdf::<Sha256>::new(Some(&self.auth), shared).expand(&info, &mut keying).map_err(|_| ())
        })
        .ok()?;
        let record = Hkdf::<Sha256>::new(Some(&salt), &keying);
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        record.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
        record.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
        // The last record ends with this delimiter: RFC 8188 §2.
        let mut sealed = [plain, &[2]].concat();
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
        cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .ok()?;
        let length = u8::try_from(public.len()).ok()?;
        Some([salt.as_slice(), &RECORD.to_be_bytes(), &[length], public, &sealed].concat())
    }
}

#[async_trait]
impl Channel for WebPush {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let mut salt = [0; 16];
        let sealed = aws_lc_rs::rand::fill(&mut salt)
            .and_then(|()| PrivateKey::generate(&ECDH_P256))
            .ok()
            .and_then(|once| self.browser.encrypt(self.payload(message).as_bytes(), &once, salt));
        let sealed = sealed.ok_or_else(|| {
            SendError::refused(DeliveryTrouble::Internal, "the browser's key is none of the curve P-256")
        })?;
        let authorization = self.authorization(message.sent_at);
        let authorization = authorization
            .ok_or_else(|| SendError::retry(DeliveryTrouble::Internal, "it cannot be signed"))?;
        let urgency = if message.severity() == Some(Severity::Alarm) { "high" } else { "normal" };
        // One that was not delivered yet is replaced by its repetition: RFC 8030 §5.4.
        let digest = Sha256::digest(message.key.as_bytes());
        let topic = URL_SAFE_NO_PAD.encode(digest.iter().copied().take(24).collect::<Vec<u8>>());
        let request = self
            .http
            .post(self.endpoint.clone())
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_ENCODING, "aes128gcm")
            .header("TTL", KEPT)
            .header("Urgency", urgency)
            .header("Topic", topic)
            .body(sealed);
        http::send(request).await?.check("")?;
        Ok(Sent { with_picture: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_example_of_the_standard_comes_out_as_it_stands_there() {
        // RFC 8291 §5.
        let browser = Browser {
            public: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let once = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let once = PrivateKey::from_private_key(&ECDH_P256, &once).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let sealed = browser.encrypt(b"When I grow up, I want to be a watermelon", &once, salt).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w\
            EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }
}
