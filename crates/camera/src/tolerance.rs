//! What is forgiven to cameras, as named options of retina, each with the cameras that need it.

use std::sync::Arc;

use domain::{Credentials, Transport};
use retina::client::{
    InitialSequenceNumberPolicy, InitialTimestampPolicy, PlayOptions, SessionGroup, SessionIdPolicy,
    SessionOptions, SetupOptions, TcpTransportOptions, TeardownPolicy, UdpTransportOptions,
    UnassignedChannelDataPolicy, UnknownRtcpSsrcPolicy,
};
use retina::codec::FrameFormat;

/// For the connection as a whole.
pub(crate) fn session(credentials: Option<&Credentials>, group: Arc<SessionGroup>) -> SessionOptions {
    SessionOptions::default()
        .creds(credentials.map(|credentials| retina::client::Credentials {
            username: credentials.username.clone(),
            password: credentials.password.reveal().to_owned(),
        }))
        .user_agent(concat!("Taimat/", env!("CARGO_PKG_VERSION")).to_owned())
        .session_group(group)
        // Tapo allows two streams, so abandoned sessions count; Reolink's Live555 of 2013 goes on sending an
        // abandoned session into the next one. So TEARDOWN is tried on every transport.
        .teardown(TeardownPolicy::Auto)
        // Some cameras send sound or metadata on channels that nobody set up, and are let do so; Reolink's
        // server with the Live555 fault is told apart by the name it gives itself.
        .unassigned_channel_data(UnassignedChannelDataPolicy::Auto)
        // Some cheap firmware answers the second SETUP with another session's number: sound must not cost video.
        .session_id(SessionIdPolicy::UseFirst)
}

/// For each track.
pub(crate) fn setup(transport: Transport) -> SetupOptions {
    let transport = match transport {
        Transport::Udp => retina::client::Transport::Udp(UdpTransportOptions::default()),
        Transport::Auto | Transport::Tcp => retina::client::Transport::Tcp(TcpTransportOptions::default()),
    };
    // As MP4 wants it: lengths of four bytes, parameter sets apart, AAC without ADTS.
    SetupOptions::default().transport(transport).frame_format(FrameFormat::MP4)
}

/// For playing.
pub(crate) fn play() -> PlayOptions {
    PlayOptions::default()
        // `rtptime` is left out or wrong on some cameras, and with sound retina would insist on it;
        // `StreamClock` goes by arrival and needs none.
        .initial_timestamp(InitialTimestampPolicy::Ignore)
        // Hikvision DS-2CD2032 says `seq=0` and Tapo C320WS `seq=1`, whatever the first packet has. What was
        // lost before the first packet concerns nobody.
        .initial_seq(InitialSequenceNumberPolicy::Ignore)
        // Tapo sends sender reports of an unknown source; they would spoil the comparison of clocks.
        .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::DropPackets)
    // Jumps of RTP time are not an error here: `StreamClock` mends them.
}
