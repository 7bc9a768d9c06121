//! Which transport to try, and which to remember.

use domain::Transport;

/// The transport of a stream: what was asked for, and what worked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    wanted: Transport,
    worked: Option<Transport>,
}

impl Choice {
    pub(crate) fn new(wanted: Transport) -> Self {
        Self { wanted, worked: None }
    }

    /// What to try first: TCP, which no firewall drops and no Wi-Fi loses, unless only UDP worked.
    pub(crate) fn first(self) -> Transport {
        match self.wanted {
            Transport::Auto => self.worked.unwrap_or(Transport::Tcp),
            fixed => fixed,
        }
    }

    /// What to try after the camera refused `tried`, in the same attempt.
    pub(crate) fn after_refusal(self, tried: Transport) -> Option<Transport> {
        match (self.wanted, tried) {
            (Transport::Auto, Transport::Udp) => Some(Transport::Tcp),
            (Transport::Auto, _) => Some(Transport::Udp),
            _ => None,
        }
    }

    /// Pictures came.
    pub(crate) fn worked(&mut self, transport: Transport) {
        self.worked = Some(transport);
    }

    /// The camera plays, and nothing comes: what worked before works no more.
    pub(crate) fn forget(&mut self) {
        self.worked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_first_then_udp_and_what_worked_is_remembered() {
        let mut choice = Choice::new(Transport::Auto);
        assert_eq!(choice.first(), Transport::Tcp);
        assert_eq!(choice.after_refusal(Transport::Tcp), Some(Transport::Udp));
        choice.worked(Transport::Udp);
        assert_eq!(choice.first(), Transport::Udp);
        assert_eq!(choice.after_refusal(Transport::Udp), Some(Transport::Tcp));
        choice.forget();
        assert_eq!(choice.first(), Transport::Tcp);
    }

    #[test]
    fn a_fixed_transport_is_the_only_one() {
        let choice = Choice::new(Transport::Udp);
        assert_eq!(choice.first(), Transport::Udp);
        assert_eq!(choice.after_refusal(Transport::Udp), None);
    }
}
