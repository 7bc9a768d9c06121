use std::time::Duration;

use domain::{DeliveryTrouble, Secret};
use notify::{IDEMPOTENCY_KEY, SIGNATURE, SendError, Sent, signature};
use serde_json::json;

use crate::support::{JPEG, Stub, message, open};

#[tokio::test]
async fn the_other_system_gets_all_of_it_signed() {
    let stub = Stub::start(&[(204, None, "")]).await;
    let channel =
        open(&json!({ "type": "webhook", "url": format!("{}hook", stub.base) }), &[("secret", "bí mật")]);
    let sent = channel.send(&message("Đêm <script>", Some(JPEG))).await;
    assert_eq!(sent, Ok(Sent { with_picture: true }));
    let [request] = &stub.requests()[..] else { panic!("{:?}", stub.requests()) };
    assert_eq!((request.path.as_str(), request.header(IDEMPOTENCY_KEY)), ("/hook", "item/1/new"));
    let signed = signature(&Secret::new("bí mật"), 1_795_000_000, &request.body);
    assert_eq!(request.header(SIGNATURE), signed);
    let body = request.json();
    assert_eq!((&body["type"], &body["severity"]), (&json!("new"), &json!("alarm")));
    assert_eq!(body["title"], "Báo động: Đêm <script>", "JSON needs no other escaping");
    assert_eq!(body["warnings"][0]["camera"], "Cổng chợ");
    assert_eq!(body["picture"]["base64"], "/9j/4HBpY3R1cmX/2Q==");
}

#[tokio::test]
async fn every_status_says_what_to_do_next() {
    let stub = Stub::start(&[
        (503, Some(("retry-after", "120")), "later"),
        (429, None, ""),
        (400, None, "no such \u{7} field"),
        (401, None, ""),
        (302, Some(("location", "http://127.0.0.1:1/")), ""),
    ])
    .await;
    let channel = open(&json!({ "type": "webhook", "url": stub.base }), &[("secret", "hunter2")]);
    let message = message("Đêm", None);
    let later = channel.send(&message).await.unwrap_err();
    let after = Some(Duration::from_mins(2));
    let why = "HTTP 503: later".to_owned();
    assert_eq!(later, SendError::Retry { after, trouble: DeliveryTrouble::Faulty, why });
    let busy = channel.send(&message).await.unwrap_err();
    assert!(matches!(busy, SendError::Retry { after: None, trouble: DeliveryTrouble::Busy, .. }), "{busy}");
    let refused = channel.send(&message).await.unwrap_err();
    assert_eq!(
        refused,
        SendError::Refused { trouble: DeliveryTrouble::Refused, why: "HTTP 400: no such  field".to_owned() }
    );
    assert!(matches!(channel.send(&message).await, Err(SendError::Unauthorised { .. })));
    let redirected = channel.send(&message).await.unwrap_err();
    assert!(
        matches!(&redirected, SendError::Refused { trouble: DeliveryTrouble::Address, why } if why.contains("redirections")),
        "{redirected}"
    );
    assert_eq!(stub.requests().len(), 5);
}

#[tokio::test]
async fn nobody_there_is_a_reason_to_try_again_and_names_no_address() {
    let settings = json!({ "type": "webhook", "url": "http://127.0.0.1:1/key-in-the-path" });
    let gone = open(&settings, &[("secret", "x")]).send(&message("Đêm", None)).await.unwrap_err();
    assert!(
        matches!(&gone, SendError::Retry { trouble: DeliveryTrouble::Unreachable, why, .. } if why.starts_with("no connection")),
        "{gone}"
    );
    assert!(!gone.to_string().contains("key-in-the-path"), "{gone}");
}
