//! Faults on the wire: packets that are lost or damaged, clocks that jump.

use std::ops::ControlFlow;
use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;

use crate::config::{StreamFaults, TimestampJump};

/// Length of an RTP header without extensions, RFC 3550 §5.1.
const RTP_HEADER: usize = 12;

/// RTP clock of video, RFC 6184 §8.2.1, RFC 7798 §7.1.
const VIDEO_CLOCK: f64 = 90_000.0;

/// The packet-wise faults of one session.
struct PacketFaults {
    corrupt_every: Option<u64>,
    drop_every: Option<u64>,
    jump: Option<TimestampJump>,
    units: u64,
    packets: u64,
    first_timestamp: Option<u32>,
}

/// Puts the faults behind a payloader, where there are any.
pub(crate) fn spoil(payloader: &gst::Element, faults: &StreamFaults) {
    let StreamFaults { corrupt_every, drop_every, timestamp_jump: jump, .. } = *faults;
    if corrupt_every.is_none() && drop_every.is_none() && jump.is_none() {
        return;
    }
    let Some(pad) = payloader.static_pad("src") else { return };
    let faults =
        PacketFaults { corrupt_every, drop_every, jump, units: 0, packets: 0, first_timestamp: None };
    let faults = std::sync::Mutex::new(faults);
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, info| {
        let mut faults = faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let keep = match &mut info.data {
            Some(gst::PadProbeData::Buffer(packet)) => faults.keep(packet.make_mut()),
            Some(gst::PadProbeData::BufferList(list)) => {
                let list = list.make_mut();
                list.foreach_mut(|mut packet, _| {
                    let keep = faults.keep(packet.make_mut());
                    ControlFlow::Continue(keep.then_some(packet))
                });
                !list.is_empty()
            }
            _ => true,
        };
        if keep { gst::PadProbeReturn::Ok } else { gst::PadProbeReturn::Drop }
    });
}

impl PacketFaults {
    /// Works on a packet; `false` where it is lost.
    fn keep(&mut self, packet: &mut gst::BufferRef) -> bool {
        packet.map_writable().is_ok_and(|mut bytes| self.keep_bytes(&mut bytes))
    }

    fn keep_bytes(&mut self, packet: &mut [u8]) -> bool {
        let Some((header, payload)) = packet.split_first_chunk_mut::<RTP_HEADER>() else { return true };
        let [_, flags, _, _, t0, t1, t2, t3, ..] = header;
        self.packets += 1;
        if self.corrupt_every.is_some_and(|every| (self.units + 1).is_multiple_of(every)) {
            // The first bytes tell the payload's structure: past them the damage reaches the decoder.
            payload.iter_mut().skip(8).step_by(16).for_each(|byte| *byte ^= 0x5a);
        }
        if let Some(jump) = self.jump {
            let timestamp = u32::from_be_bytes([*t0, *t1, *t2, *t3]);
            let first = *self.first_timestamp.get_or_insert(timestamp);
            if f64::from(timestamp.wrapping_sub(first)) >= jump.after * VIDEO_CLOCK {
                let by = (jump.by * VIDEO_CLOCK) as i64 as u32;
                [*t0, *t1, *t2, *t3] = timestamp.wrapping_add(by).to_be_bytes();
            }
        }
        self.units += u64::from(*flags >> 7);
        !self.drop_every.is_some_and(|every| self.packets.is_multiple_of(every))
    }
}

/// Sends the packets of a picture no faster than a camera's network port of 100 Mbit/s. Over TCP the receiver sets the
/// pace; datagrams that come all at once overflow its buffer, which no real camera can bring about.
pub(crate) fn pace(payloader: &gst::Element) {
    const BITS_A_SECOND: u64 = 100_000_000;
    let Some(pad) = payloader.static_pad("src") else { return };
    pad.add_probe(gst::PadProbeType::BUFFER_LIST, |pad, info| {
        let Some(gst::PadProbeData::BufferList(list)) = &info.data else { return gst::PadProbeReturn::Ok };
        for packet in list.iter_owned() {
            let bits = packet.size() as u64 * 8;
            if pad.push(packet).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_nanos(bits * 1_000_000_000 / BITS_A_SECOND));
        }
        // They went out one by one.
        gst::PadProbeReturn::Drop
    });
}

/// Moves the clock that sender reports tell (RFC 3550 §6.4.1) by whole seconds.
pub(crate) fn shift_clock(media: &gst::Element, seconds: i32) {
    let Some(pipeline) = media.parent().and_downcast::<gst::Bin>() else { return };
    let is_rtpbin =
        |element: &gst::Element| element.factory().is_some_and(|factory| factory.name() == "rtpbin");
    for rtpbin in pipeline.iterate_elements().into_iter().flatten().filter(is_rtpbin) {
        for pad in rtpbin.src_pads().into_iter().filter(|pad| pad.name().starts_with("send_rtcp_src")) {
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                if let Some(gst::PadProbeData::Buffer(packet)) = &mut info.data
                    && let Ok(mut bytes) = packet.make_mut().map_writable()
                {
                    shift_report(&mut bytes, seconds);
                }
                gst::PadProbeReturn::Ok
            });
        }
    }
}

fn shift_report(packet: &mut [u8], seconds: i32) {
    const SENDER_REPORT: u8 = 200;
    if let Some([_, SENDER_REPORT, _, _, _, _, _, _, s0, s1, s2, s3]) = packet.first_chunk_mut::<12>() {
        let told = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
        [*s0, *s1, *s2, *s3] = told.wrapping_add_signed(seconds).to_be_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults() -> PacketFaults {
        PacketFaults {
            corrupt_every: None,
            drop_every: None,
            jump: None,
            units: 0,
            packets: 0,
            first_timestamp: None,
        }
    }

    fn packet(timestamp: u32, marker: bool) -> Vec<u8> {
        let mut packet = vec![0x80, if marker { 0xe0 } else { 0x60 }, 0, 0];
        packet.extend(timestamp.to_be_bytes());
        packet.resize(RTP_HEADER + 100, 0);
        packet
    }

    #[test]
    fn every_third_packet_is_lost() {
        let mut faults = PacketFaults { drop_every: Some(3), ..faults() };
        let kept: Vec<_> = (0..6).map(|_| faults.keep_bytes(&mut packet(0, false))).collect();
        assert_eq!(kept, [true, true, false, true, true, false]);
    }

    #[test]
    fn every_second_unit_is_damaged_whole() {
        let mut faults = PacketFaults { corrupt_every: Some(2), ..faults() };
        let mut damaged = |marker| {
            let mut sent = packet(0, marker);
            faults.keep_bytes(&mut sent);
            sent != packet(0, marker)
        };
        assert_eq!([damaged(false), damaged(true)], [false, false]);
        assert_eq!([damaged(false), damaged(true)], [true, true]);
        assert!(!damaged(true));
    }

    #[test]
    fn time_stamps_jump_both_ways() {
        for by in [-10.0, 3600.0] {
            let mut faults = PacketFaults { jump: Some(TimestampJump { after: 1.0, by }), ..faults() };
            let mut sent = |timestamp| {
                let mut sent = packet(timestamp, true);
                faults.keep_bytes(&mut sent);
                u32::from_be_bytes(sent[4..8].try_into().unwrap())
            };
            assert_eq!(sent(1000), 1000);
            assert_eq!(sent(90_999), 90_999);
            assert_eq!(sent(91_000), 91_000_u32.wrapping_add((by * 90_000.0) as i64 as u32));
        }
    }

    #[test]
    fn sender_reports_tell_another_time() {
        let mut report = [0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 1, 0, 9, 9, 9, 9];
        shift_report(&mut report, -256);
        assert_eq!(report[8..12], [0, 0, 0, 0]);
        let mut other = [0x80, 201, 0, 6, 0, 0, 0, 1, 0, 0, 1, 0];
        shift_report(&mut other, 5);
        assert_eq!(other[8..12], [0, 0, 1, 0]);
    }
}
