//! No bytes from the other side of the socket make either end panic or allocate without bound.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

use std::io::Cursor;

use vision_client::protocol::{self, CodedUnit, MAX_MESSAGE, Reply, Request, TranscodeReply};

#[test]
fn any_bytes_are_a_message_or_an_error() {
    bolero::check!().for_each(|bytes| {
        if let Ok(request) = protocol::decode::<Request>(bytes) {
            let encoded = protocol::encode(&request).unwrap();
            assert_eq!(protocol::decode::<Request>(&encoded[protocol::PREFIX..]).unwrap(), request);
        }
        // Scores may be NaN, which equals nothing: compared as they print.
        if let Ok(reply) = protocol::decode::<Reply>(bytes) {
            let encoded = protocol::encode(&reply).unwrap();
            let again = protocol::decode::<Reply>(&encoded[protocol::PREFIX..]).unwrap();
            assert_eq!(format!("{again:?}"), format!("{reply:?}"));
        }
    });
}

#[test]
fn any_bytes_are_a_message_of_a_transcoder_or_an_error() {
    bolero::check!().for_each(|bytes| {
        if let Ok(unit) = protocol::decode::<CodedUnit>(bytes) {
            let encoded = protocol::encode(&unit).unwrap();
            assert_eq!(protocol::decode::<CodedUnit>(&encoded[protocol::PREFIX..]).unwrap(), unit);
        }
        if let Ok(reply) = protocol::decode::<TranscodeReply>(bytes) {
            let encoded = protocol::encode(&reply).unwrap();
            assert_eq!(protocol::decode::<TranscodeReply>(&encoded[protocol::PREFIX..]).unwrap(), reply);
        }
    });
}

#[test]
fn any_stream_is_read_to_its_end_or_to_an_error() {
    bolero::check!().for_each(|bytes| {
        let mut stream = Cursor::new(bytes);
        while let Ok(Some(_)) = protocol::read::<Request>(&mut stream) {}
    });
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
    let prefix = (MAX_MESSAGE as u32 + 1).to_be_bytes();
    assert!(protocol::length(prefix).is_err());
    assert!(protocol::read::<Request>(&mut Cursor::new(prefix)).is_err());
}

#[test]
fn a_cut_message_is_an_error_and_an_end_between_messages_is_none() {
    let encoded = protocol::encode(&Request::Close { feed: 7 }).unwrap();
    let mut whole = Cursor::new(encoded.as_slice());
    assert_eq!(protocol::read::<Request>(&mut whole).unwrap(), Some(Request::Close { feed: 7 }));
    assert_eq!(protocol::read::<Request>(&mut whole).unwrap(), None);
    let mut cut = Cursor::new(&encoded[..encoded.len() - 1]);
    assert!(protocol::read::<Request>(&mut cut).is_err());
}
