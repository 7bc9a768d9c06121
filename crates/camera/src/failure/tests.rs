use domain::StreamAddress;

use super::*;

fn target() -> Target {
    let url = "rtsp://cam.local/stream1".parse().unwrap();
    Target::new(&StreamAddress { url, credentials: None, transport: Transport::Auto }).unwrap()
}

fn kind(debug: &str, display: &str, status: Option<u16>, stage: Stage) -> FailureKind {
    explain(&Facts::read(debug, display, status), stage, &target(), Transport::Tcp, true).kind
}

#[test]
fn statuses_become_kinds() {
    let of = |status, stage| kind("RtspResponseError { ", "401 response", Some(status), stage);
    assert_eq!(of(401, Stage::Describe), FailureKind::WrongPassword);
    assert_eq!(of(403, Stage::Describe), FailureKind::WrongPassword);
    assert_eq!(of(404, Stage::Describe), FailureKind::NoSuchPath);
    assert_eq!(of(404, Stage::Setup), FailureKind::NoSuchPath);
    assert_eq!(of(461, Stage::Setup), FailureKind::TransportRefused);
    assert_eq!(of(454, Stage::Setup), FailureKind::TransportRefused);
    assert_eq!(of(454, Stage::Play), FailureKind::Protocol);
    assert_eq!(of(453, Stage::Setup), FailureKind::Refused);
    assert_eq!(of(302, Stage::Describe), FailureKind::NoSuchPath);
    assert_eq!(of(500, Stage::Describe), FailureKind::Protocol);
}

#[test]
fn errors_of_input_and_output_become_kinds() {
    let os = |kind| format!("ConnectError(Os {{ code: 111, kind: {kind}, message: \"…\" }})");
    assert_eq!(kind(&os("ConnectionRefused"), "", None, Stage::Describe), FailureKind::Refused);
    assert_eq!(kind(&os("HostUnreachable"), "", None, Stage::Describe), FailureKind::TimedOut);
    assert_eq!(kind("RtspFramingError { conn", "", None, Stage::Describe), FailureKind::NotRtsp);
    assert_eq!(kind("RtspFramingError { conn", "", None, Stage::Stream), FailureKind::Protocol);
    let eof = "RtspReadError { source: Custom { kind: UnexpectedEof, error: \"\" } }";
    assert_eq!(kind(eof, "", None, Stage::Describe), FailureKind::Closed);
    assert_eq!(kind("", "", None, Stage::Stream), FailureKind::Protocol);
}

#[test]
fn a_transport_that_does_not_match_is_a_refusal() {
    let said = "200 OK response to SETUP CSeq=2: Transport header is missing interleaved parameter\n\nconn";
    assert_eq!(kind("RtspResponseError { ", said, Some(200), Stage::Setup), FailureKind::TransportRefused);
}

#[test]
fn packets_name_their_stream() {
    let debug = "RtpPacketError { conn_ctx: ConnectionContext { }, stream_id: 1, ssrc: 3, description: \"stream_id: 9\" }";
    let facts = Facts::read(debug, "Bad SPS 00: err\n\nconn", None);
    assert_eq!(facts.stream, Some(1));
    assert!(facts.is_packet() && facts.is_bad_parameters() && !facts.is_foreign_packet());
    assert!(Facts::read("RtpPacketError {", "wrong ssrc after 3", None).is_foreign_packet());
}

#[test]
fn arbitrary_errors_are_explained() {
    bolero::check!().with_type::<(String, String, Option<u16>, u8)>().for_each(
        |(debug, display, status, stage)| {
            let stages = [Stage::Describe, Stage::Setup, Stage::Play, Stage::Stream];
            let stage = stages[usize::from(stage % 4)];
            let facts = Facts::read(debug, display, *status);
            let failure = explain(&facts, stage, &target(), Transport::Udp, false);
            for text in [&failure.message.vi, &failure.message.en, &failure.remedy.vi, &failure.remedy.en] {
                assert!(!text.is_empty() && text.chars().count() < 400 && !text.contains(char::is_control));
            }
        },
    );
}
