//! Coded pictures, and RTP packets made of them (RFC 6184, RFC 7798, RFC 3640).

/// Clock rate of video.
pub(crate) const RATE: u32 = 90_000;
/// RTP units from picture to picture: ten milliseconds, which is how fast the fake camera sends.
pub(crate) const SPACING: u32 = RATE / 100;

/// How pictures are compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    H265,
}

/// A coded video, picture by picture, each a list of NAL units.
#[derive(Clone)]
pub(crate) struct Video {
    pub(crate) codec: Codec,
    pub(crate) pictures: Vec<Vec<Vec<u8>>>,
}

impl Video {
    /// 64x48, 30 pictures, a key frame every ten.
    pub(crate) fn small() -> Self {
        Self::parse(Codec::H264, include_bytes!("../data/small.h264"))
    }

    /// 96x64, 20 pictures, a key frame every ten.
    pub(crate) fn larger() -> Self {
        Self::parse(Codec::H264, include_bytes!("../data/larger.h264"))
    }

    /// H.265, 64x64, 20 pictures, a key frame every ten.
    pub(crate) fn h265() -> Self {
        Self::parse(Codec::H265, include_bytes!("../data/small.h265"))
    }

    fn parse(codec: Codec, annex_b: &[u8]) -> Self {
        let mut units: Vec<Vec<u8>> = Vec::new();
        let mut rest = annex_b;
        while let Some(start) = rest.windows(3).position(|w| w == [0, 0, 1]) {
            rest = &rest[start + 3..];
            let end = rest.windows(3).position(|w| w == [0, 0, 1] || w == [0, 0, 0]).unwrap_or(rest.len());
            units.push(rest[..end].to_vec());
        }
        let mut pictures = vec![Vec::new()];
        for unit in units {
            let slice = match codec {
                Codec::H264 => matches!(unit[0] & 0x1f, 1 | 5),
                Codec::H265 => (unit[0] >> 1) & 0x3f < 32,
            };
            pictures.last_mut().unwrap().push(unit);
            if slice {
                pictures.push(Vec::new());
            }
        }
        pictures.pop();
        Self { codec, pictures }
    }

    /// The same without parameter sets and with no key frame.
    pub(crate) fn without_key_frames(mut self) -> Self {
        self.pictures.retain(|units| units.len() == 1);
        self
    }

    /// `sprop-parameter-sets` of RFC 6184 §8.1, of the first picture.
    pub(crate) fn sprop(&self) -> String {
        let sets = &self.pictures[0];
        format!("{},{}", base64(&sets[0]), base64(&sets[1]))
    }

    /// The description of this video alone.
    pub(crate) fn sdp(&self) -> String {
        let (name, fmtp) = match self.codec {
            Codec::H264 => ("H264", "packetization-mode=1"),
            Codec::H265 => ("H265", "sprop-max-don-diff=0"),
        };
        sdp(&format!(
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\na=fmtp:96 {fmtp}\r\na=control:track1\r\n"
        ))
    }
}

/// A session description around media descriptions.
pub(crate) fn sdp(media: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=fake\r\nt=0 0\r\na=tool:fake camera 1.0\r\na=control:*\r\n{media}"
    )
}

/// AAC-LC, 48 kHz, mono, as RFC 3640 describes it.
pub(crate) const AAC: &str = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/48000/1\r\n\
    a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;\
    config=1188\r\na=control:track2\r\n";

/// Makes the RTP packets of one track.
pub(crate) struct Packetizer {
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) time: u32,
    pub(crate) ssrc: u32,
    /// Longest payload.
    pub(crate) longest: usize,
}

impl Default for Packetizer {
    fn default() -> Self {
        Self {
            payload_type: 96,
            sequence: 65_530,
            time: u32::MAX - 20 * SPACING,
            ssrc: 0x1234_5678,
            longest: 200,
        }
    }
}

impl Packetizer {
    /// The packets of one picture; time then moves on by one spacing.
    pub(crate) fn picture(&mut self, codec: Codec, units: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut payloads: Vec<Vec<u8>> = Vec::new();
        for unit in units {
            if unit.len() <= self.longest {
                payloads.push(unit.clone());
                continue;
            }
            let (header, body) = unit.split_at(if codec == Codec::H264 { 1 } else { 2 });
            let pieces: Vec<&[u8]> = body.chunks(self.longest).collect();
            for (n, piece) in pieces.iter().enumerate() {
                let edges = u8::from(n == 0) << 7 | u8::from(n + 1 == pieces.len()) << 6;
                let mut payload = match codec {
                    // FU-A.
                    Codec::H264 => vec![header[0] & 0xe0 | 0x1c, edges | header[0] & 0x1f],
                    // FU.
                    Codec::H265 => vec![header[0] & 0x81 | 49 << 1, header[1], edges | header[0] >> 1 & 0x3f],
                };
                payload.extend_from_slice(piece);
                payloads.push(payload);
            }
        }
        let last = payloads.len().saturating_sub(1);
        let packets =
            payloads.iter().enumerate().map(|(n, payload)| self.packet(payload, n == last)).collect();
        self.time = self.time.wrapping_add(SPACING);
        packets
    }

    /// One frame of AAC in one packet.
    pub(crate) fn aac(&mut self, frame: &[u8]) -> Vec<u8> {
        let size = (frame.len() as u16) << 3;
        let mut payload = vec![0, 16];
        payload.extend_from_slice(&size.to_be_bytes());
        payload.extend_from_slice(frame);
        let packet = self.packet(&payload, true);
        self.time = self.time.wrapping_add(1_024);
        packet
    }

    fn packet(&mut self, payload: &[u8], marker: bool) -> Vec<u8> {
        let mut packet = vec![0x80, u8::from(marker) << 7 | self.payload_type];
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.time.to_be_bytes());
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }

    /// A sender report (RFC 3550 §6.4.1) that says the next picture is seen `seconds` after 1970.
    pub(crate) fn sender_report(&self, seconds: f64) -> Vec<u8> {
        let ntp = ((seconds + 2_208_988_800.0) * 4_294_967_296.0) as u64;
        let mut packet = vec![0x80, 200, 0, 6];
        packet.extend_from_slice(&self.ssrc.to_be_bytes());
        packet.extend_from_slice(&ntp.to_be_bytes());
        packet.extend_from_slice(&self.time.to_be_bytes());
        packet.extend_from_slice(&[0; 8]);
        packet
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let sextet = (word >> (18 - 6 * n)) & 63;
            text.push(if n <= chunk.len() { ALPHABET[sextet as usize] as char } else { '=' });
        }
    }
    text
}
