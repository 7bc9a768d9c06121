//! Asks the network which cameras there are: WS-Discovery 1.1 as ONVIF uses it, a probe by multicast that each camera
//! answers for itself.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain::Discovered;
use futures::future::join_all;
use quick_xml::Reader;
use quick_xml::events::Event;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use crate::brands;

/// Where devices listen, WS-Discovery 1.1 §2.4.
const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(239, 255, 255, 250)), 3702);
/// The probe may be lost; so it is sent this often …
const PROBES: u32 = 2;
/// … with this much time between.
const AGAIN: Duration = Duration::from_millis(500);
/// The longest answer: more does not fit into a datagram that a camera sends.
const LONGEST: usize = 16 * 1024;
/// The most devices, and the longest name of one.
const MOST: usize = 512;
const LONGEST_NAME: usize = 100;
/// The most parts of an answer that are looked at.
const MOST_PARTS: usize = 2_000;

/// Whom to ask, and for how long to listen.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The addresses of our own to ask from, one an interface; none: those of the machine.
    pub from: Vec<Ipv4Addr>,
    /// Who is asked.
    pub to: SocketAddr,
    /// How long to listen.
    pub wait: Duration,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { from: Vec::new(), to: GROUP, wait: Duration::from_secs(3) }
    }
}

/// The devices that answer, by address. An interface that cannot send is passed over; `Err` where none can.
pub async fn discover(discovery: &Discovery) -> io::Result<Vec<Discovered>> {
    let from = if discovery.from.is_empty() { interfaces()? } else { discovery.from.clone() };
    let heard = join_all(from.iter().map(|own| listen(*own, discovery))).await;
    let mut all = BTreeMap::new();
    let mut refusal = None;
    let mut asked = from.is_empty();
    for heard in heard {
        match heard {
            Ok(heard) => {
                asked = true;
                all.extend(heard);
            }
            Err(error) => {
                debug!(%error, "an interface cannot send a probe");
                refusal = Some(error);
            }
        }
    }
    match refusal {
        Some(error) if !asked => Err(error),
        _ => Ok(all.into_values().take(MOST).collect()),
    }
}

/// The machine's own addresses, one an interface.
fn interfaces() -> io::Result<Vec<Ipv4Addr>> {
    let all = if_addrs::get_if_addrs()?;
    let usable = all.into_iter().filter(|interface| !interface.is_loopback());
    Ok(usable
        .filter_map(|interface| match interface.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect())
}

/// Asks from one address of our own. Linux sends multicast by the interface that a socket is bound to.
async fn listen(own: Ipv4Addr, discovery: &Discovery) -> io::Result<BTreeMap<IpAddr, Discovered>> {
    let socket = UdpSocket::bind((own, 0)).await?;
    let until = Instant::now() + discovery.wait;
    let mut sent = 0;
    let mut again = Instant::now();
    let mut found = BTreeMap::new();
    let mut buffer = vec![0; LONGEST];
    while Instant::now() < until && found.len() < MOST {
        if sent < PROBES && Instant::now() >= again {
            socket.send_to(probe().as_bytes(), discovery.to).await?;
            sent += 1;
            again = Instant::now() + AGAIN;
        }
        let next = if sent < PROBES { again.min(until) } else { until };
        match timeout_at(next, socket.recv_from(&mut buffer)).await {
            Ok(Ok((length, peer))) => {
                // Who answers is believed, and not the addresses in the answer: those may be anyone's.
                if let Some(device) = buffer.get(..length).and_then(read) {
                    found.insert(peer.ip(), Discovered { address: peer.ip().to_string(), ..device });
                }
            }
            // Somebody refused an earlier datagram.
            Ok(Err(error)) => debug!(%error, "a probe was refused"),
            Err(_) => {}
        }
    }
    Ok(found)
}

/// A probe for video devices.
fn probe() -> String {
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        fastrand::u32(..),
        fastrand::u16(..),
        fastrand::u16(..4096),
        fastrand::u16(..4096),
        fastrand::u64(..1 << 48)
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:w=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
         xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><e:Header>\
         <w:MessageID>uuid:{id}</w:MessageID>\
         <w:To e:mustUnderstand=\"true\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
         <w:Action e:mustUnderstand=\"true\">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>\
         </e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
    )
}

/// What an answer says; `None` where it is no answer to a probe. The address is left to the caller.
fn read(bytes: &[u8]) -> Option<Discovered> {
    let answer = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&answer);
    let mut matched = false;
    let mut in_scopes = false;
    let mut scopes = String::new();
    for _ in 0..MOST_PARTS {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                matched |= start.local_name().as_ref() == "ProbeMatch";
                in_scopes = start.local_name().as_ref() == "Scopes";
            }
            Event::End(_) => in_scopes = false,
            Event::Text(text) if in_scopes && scopes.len() < LONGEST => {
                scopes.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let scope = |kind: &str| {
        let prefix = format!("onvif://www.onvif.org/{kind}/");
        scopes.split_ascii_whitespace().filter_map(|scope| scope.strip_prefix(&prefix)).find_map(shown)
    };
    let (name, hardware) = (scope("name"), scope("hardware"));
    let brand = [&name, &hardware].into_iter().flatten().find_map(|text| brands::named(text));
    let brand = brand.map(|brand| brand.name.to_owned());
    matched.then_some(Discovered { address: String::new(), name, brand, hardware })
}

/// A part of a scope, fit to be shown: it is written as in an address, RFC 3986 §2.1.
fn shown(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                bytes.push(hex(high).unwrap_or_default() << 4 | hex(low).unwrap_or_default());
                after
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    let text = String::from_utf8_lossy(&bytes);
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a Hikvision camera writes it, shortened.
    const ANSWER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
        <env:Envelope xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:d=\"x\"><env:Body><d:ProbeMatches>
        <d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>
        <d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/HIKVISION%20DS-2CD2143
        onvif://www.onvif.org/hardware/DS-2CD2143G2-I onvif://www.onvif.org/location/hue</d:Scopes>
        <d:XAddrs>http://192.168.1.64/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></env:Body>
        </env:Envelope>";

    #[test]
    fn an_answer_tells_name_and_model() {
        let device = read(ANSWER.as_bytes()).unwrap();
        assert_eq!(device.name.as_deref(), Some("HIKVISION DS-2CD2143"));
        assert_eq!(device.hardware.as_deref(), Some("DS-2CD2143G2-I"));
        assert_eq!(device.brand.as_deref(), Some("Hikvision"));
        for other in ["", "hello", "<a/>", "<ProbeMatch", probe().as_str()] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn any_answer_is_read_or_refused() {
        bolero::check!().with_type::<(bool, Vec<u8>)>().for_each(|(plausible, bytes)| {
            let mut answer = Vec::new();
            if *plausible {
                answer.extend_from_slice(b"<d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/");
            }
            answer.extend(bytes);
            if let Some(device) = read(&answer) {
                for text in [device.name, device.hardware].into_iter().flatten() {
                    assert!(!text.is_empty() && text.chars().count() <= LONGEST_NAME);
                    assert!(!text.contains(char::is_control));
                }
            }
        });
    }

    #[tokio::test]
    async fn those_who_answer_are_found_once() {
        let camera = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let to = camera.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            let mut probes = 0;
            let mut buffer = vec![0; LONGEST];
            while probes < PROBES {
                let (length, peer) = camera.recv_from(&mut buffer).await.unwrap();
                let probe = std::str::from_utf8(&buffer[..length]).unwrap().to_owned();
                assert!(probe.contains("NetworkVideoTransmitter"));
                camera.send_to(b"rubbish", peer).await.unwrap();
                camera.send_to(ANSWER.as_bytes(), peer).await.unwrap();
                probes += 1;
            }
        });
        let wait = AGAIN + Duration::from_millis(700);
        let discovery = Discovery { from: vec![Ipv4Addr::LOCALHOST], to, wait };
        let found = discover(&discovery).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].address.as_str(), found[0].brand.as_deref()), ("127.0.0.1", Some("Hikvision")));
        answering.await.unwrap();
    }
}
