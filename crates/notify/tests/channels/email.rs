use std::sync::{Arc, Mutex};

use domain::DeliveryTrouble;
use notify::{Channel, SendError, Sent};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::support::{JPEG, message, open};

/// A mail server that speaks as much of RFC 5321 as it takes to receive a message, and refuses as it is told.
struct MailServer {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// `refusal`: to a command that begins like this, it answers that.
    async fn start(refusal: Option<(&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let ear = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 stub\r\n").await.unwrap();
                let mut in_data = false;
                while let Ok(Some(line)) = lines.next_line().await {
                    ear.lock().unwrap().push(line.clone());
                    let refused = refusal.filter(|(command, _)| !in_data && line.starts_with(command));
                    let answer = match (in_data, line.as_str()) {
                        _ if refused.is_some() => refused.unwrap().1,
                        (true, ".") => {
                            in_data = false;
                            "250 taken"
                        }
                        (true, _) => continue,
                        (false, line) if line.starts_with("EHLO") => {
                            "250-stub\r\n250-AUTH PLAIN\r\n250 8BITMIME"
                        }
                        (false, "DATA") => {
                            in_data = true;
                            "354 go on"
                        }
                        (false, line) if line.starts_with("AUTH") => "235 welcome",
                        (false, "QUIT") => "221 bye",
                        _ => "250 ok",
                    };
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    fn channel(&self) -> Box<dyn Channel> {
        let settings = json!({ "type": "email", "host": "127.0.0.1", "port": self.port, "security": "none",
            "from": "taimat@example.vn", "to": ["truc.ban@example.vn", "lan@example.vn"] });
        open(&settings, &[("username", "taimat"), ("password", "hunter2")])
    }
}

#[tokio::test]
async fn everybody_gets_text_markup_and_picture_and_hostile_names_add_no_headers() {
    let server = MailServer::start(None).await;
    let hostile = "Đêm\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>";
    let message = message(hostile, Some(JPEG));
    assert_eq!(server.channel().send(&message).await, Ok(Sent { with_picture: true }));
    let heard = server.heard();
    assert!(heard.contains("MAIL FROM:<taimat@example.vn>"), "{heard}");
    assert!(heard.contains("RCPT TO:<truc.ban@example.vn>") && heard.contains("RCPT TO:<lan@example.vn>"));
    assert_eq!(heard.matches("RCPT TO").count(), 2, "{heard}");
    assert!(!heard.lines().any(|line| line.starts_with("Bcc")), "{heard}");
    let (_, markup) = heard.split_once("text/html").unwrap();
    assert!(markup.contains("&lt;script&gt;") && !markup.contains("<script"), "{heard}");
    assert!(heard.contains("Content-Type: image/jpeg") && heard.contains("/9j/4HBpY3R1cmX/2Q=="), "{heard}");
    assert!(heard.contains("Auto-Submitted: auto-generated"), "{heard}");
    let id = |text: &str| text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    server.channel().send(&message).await.unwrap();
    let again = server.heard();
    assert_eq!(id(&heard), id(again.strip_prefix(&heard).unwrap()), "the same message, however often");
}

#[tokio::test]
async fn refusals_and_wrong_passwords_are_told_apart() {
    let outcome = async |command, answer| {
        let server = MailServer::start(Some((command, answer))).await;
        server.channel().send(&message("Đêm", None)).await.unwrap_err()
    };
    let refused = outcome("RCPT", "550 5.1.1 no such mailbox").await;
    assert!(
        matches!(&refused, SendError::Refused { why, .. } if why.contains("no such mailbox")),
        "{refused}"
    );
    assert_eq!(refused.trouble(), DeliveryTrouble::Address);
    let too_large = outcome("DATA", "552 5.3.4 too large").await;
    assert!(matches!(too_large, SendError::Refused { trouble: DeliveryTrouble::Refused, .. }), "{too_large}");
    let later = outcome("MAIL", "451 try later").await;
    assert!(matches!(later, SendError::Retry { trouble: DeliveryTrouble::Busy, .. }), "{later}");
    let wrong = outcome("AUTH", "535 5.7.8 wrong password").await;
    assert!(matches!(&wrong, SendError::Unauthorised { why } if !why.contains("hunter2")), "{wrong}");
    let settings = json!({ "type": "email", "host": "127.0.0.1", "port": 1, "security": "none",
        "from": "taimat@example.vn", "to": ["lan@example.vn"] });
    let gone = open(&settings, &[]).send(&message("Đêm", None)).await.unwrap_err();
    assert!(matches!(gone, SendError::Retry { trouble: DeliveryTrouble::Unreachable, .. }), "{gone}");
}
