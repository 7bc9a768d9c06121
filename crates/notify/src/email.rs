//! E-mail over SMTP.

use std::time::Duration;

use async_trait::async_trait;
use domain::{DeliveryTrouble, MailSecurity, Secret};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sha2::{Digest, Sha256};

use crate::render::{clean, html, shortened};
use crate::{Channel, Message, Misconfigured, SendError, Sent, Words};

/// Longest wait for one answer of the mail server, and for the whole conversation.
const STEP: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_secs(50);
/// What the picture is called inside of the mail.
const PICTURE: &str = "picture";

pub(crate) struct Email {
    words: Words,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

pub(crate) struct Server<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) security: MailSecurity,
    pub(crate) login: Option<(Secret, Secret)>,
}

impl Email {
    pub(crate) fn new(
        words: Words,
        server: &Server<'_>,
        from: &str,
        to: &[String],
    ) -> Result<Self, Misconfigured> {
        let mailbox = |field, text: &str| -> Result<Mailbox, Misconfigured> {
            let address = text.parse();
            let address =
                address.map_err(|_| Misconfigured { field, problem: format!("{text:?} is no address") })?;
            Ok(Mailbox::new(None, address))
        };
        let parameters = || {
            let parameters = TlsParameters::new(server.host.to_owned());
            parameters.map_err(|error| Misconfigured { field: "settings.host", problem: error.to_string() })
        };
        let tls = match server.security {
            MailSecurity::Tls => Tls::Wrapper(parameters()?),
            MailSecurity::StartTls => Tls::Required(parameters()?),
            MailSecurity::None => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(STEP));
        if let Some((username, password)) = &server.login {
            let login = Credentials::new(username.reveal().to_owned(), password.reveal().to_owned());
            transport = transport.credentials(login);
        }
        Ok(Self {
            words,
            transport: transport.build(),
            from: mailbox("settings.from", from)?,
            to: to.iter().map(|one| mailbox("settings.to", one)).collect::<Result<_, _>>()?,
        })
    }

    fn mail(&self, message: &Message) -> Result<lettre::Message, lettre::error::Error> {
        // A name in the subject stays on its line: control characters are out, the rest is encoded (RFC 2047).
        let subject = shortened(&self.words.title(message), 200);
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(&subject)
            .message_id(Some(self.id(&message.key)))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let lines = self.words.lines(message);
        let plain = SinglePart::plain(format!("{subject}\n\n{}\n", lines.join("\n")));
        let paragraphs: Vec<String> = lines.iter().map(|line| html(line)).collect();
        let head = format!(
            "<!DOCTYPE html><html><body><h2>{}</h2><p>{}</p>",
            html(&subject),
            paragraphs.join("</p><p>")
        );
        let formatted = match &message.picture {
            Some(jpeg) => {
                let kind = ContentType::parse("image/jpeg").unwrap_or(ContentType::TEXT_PLAIN);
                let picture = Attachment::new_inline(PICTURE.to_owned()).body(jpeg.to_vec(), kind);
                let shown = format!("<img src=\"cid:{PICTURE}\" style=\"max-width:100%\"></body></html>");
                MultiPart::related().singlepart(SinglePart::html(head + &shown)).singlepart(picture)
            }
            None => MultiPart::related().singlepart(SinglePart::html(head + "</body></html>")),
        };
        mail.multipart(MultiPart::alternative().singlepart(plain).multipart(formatted))
    }

    /// The same for the same message, so that a mailbox that gets it twice shows it once: RFC 5322 §3.6.4.
    fn id(&self, key: &str) -> String {
        let digest = Sha256::digest(key.as_bytes());
        let name = digest.as_slice().first_chunk().map_or(0, |half| u128::from_be_bytes(*half));
        format!("<{name:032x}@{}>", self.from.email.domain())
    }
}

#[async_trait]
impl Channel for Email {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let mail = self.mail(message).map_err(|error| {
            SendError::refused(DeliveryTrouble::Internal, format!("no mail can be made: {error}"))
        })?;
        let sending = tokio::time::timeout(WHOLE, self.transport.send(mail)).await;
        let sent = sending.map_err(|_| {
            SendError::retry(DeliveryTrouble::Silent, "the mail server does not answer in time")
        })?;
        match sent {
            Ok(_) => Ok(Sent { with_picture: message.picture.is_some() }),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// Codes of RFC 5321 §4.2 and, for the login, RFC 4954 §6.
fn failure(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    let why = shortened(&clean(&format!("mail server: {error}")), 300);
    match code {
        Some(530 | 534 | 535 | 538) => SendError::Unauthorised { why },
        Some(550 | 551 | 553) => SendError::refused(DeliveryTrouble::Address, why),
        _ if error.is_permanent() => SendError::refused(DeliveryTrouble::Refused, why),
        Some(450..=452) => SendError::retry(DeliveryTrouble::Busy, why),
        Some(_) => SendError::retry(DeliveryTrouble::Faulty, why),
        None if error.is_timeout() => SendError::retry(DeliveryTrouble::Silent, why),
        None if error.is_response() => SendError::retry(DeliveryTrouble::Faulty, why),
        None => SendError::retry(DeliveryTrouble::Unreachable, why),
    }
}
