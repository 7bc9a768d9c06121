use std::time::Duration;

use domain::DeliveryTrouble;
use notify::{Channel, SendError, Sent};
use serde_json::json;

use crate::support::{JPEG, Stub, message, open};

const OK: &str = r#"{"ok": true, "result": {}}"#;

fn channel(stub: &Stub) -> Box<dyn Channel> {
    open(&json!({ "type": "telegram", "chat_id": "-100", "api_url": stub.base }), &[("token", "1:hunter2")])
}

#[tokio::test]
async fn hostile_markup_stays_text() {
    let stub = Stub::start(&[(200, None, OK)]).await;
    let hostile = "</b><a href=\"https://evil.example\">x</a>&amp;\n<pre>";
    assert_eq!(channel(&stub).send(&message(hostile, None)).await, Ok(Sent { with_picture: false }));
    let request = &stub.requests()[0];
    assert_eq!(request.path, "/bot1:hunter2/sendMessage");
    let body = request.json();
    assert_eq!((&body["chat_id"], &body["parse_mode"]), (&json!("-100"), &json!("HTML")));
    let text = body["text"].as_str().unwrap();
    let title = text.lines().next().unwrap();
    assert_eq!(
        title,
        "<b>Báo động: &lt;/b&gt;&lt;a href=&quot;https://evil.example&quot;&gt;x&lt;/a&gt;&amp;amp;&lt;pre&gt;</b>"
    );
    assert_eq!(text.matches('<').count(), 2, "{text}");
}

#[tokio::test]
async fn a_picture_carries_the_text() {
    let stub = Stub::start(&[(200, None, OK)]).await;
    assert_eq!(channel(&stub).send(&message("Đêm", Some(JPEG))).await, Ok(Sent { with_picture: true }));
    let request = &stub.requests()[0];
    assert_eq!(request.path, "/bot1:hunter2/sendPhoto");
    assert!(request.body.windows(JPEG.len()).any(|part| part == JPEG));
    assert!(request.text().contains("<b>Báo động: Đêm</b>"));
}

#[tokio::test]
async fn limits_wrong_tokens_and_unknown_chats_are_told_apart_and_name_no_token() {
    let slow = r#"{"ok": false, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 17}}"#;
    let unknown = r#"{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}"#;
    let stub = Stub::start(&[
        (429, None, slow),
        (401, None, r#"{"ok": false, "error_code": 401, "description": "Unauthorized"}"#),
        (400, None, unknown),
        (500, None, "oops"),
    ])
    .await;
    let telegram = channel(&stub);
    let message = message("Đêm", None);
    let mut said = String::new();
    let mut next = async || {
        let error = telegram.send(&message).await.unwrap_err();
        said += &error.to_string();
        error
    };
    let SendError::Retry { after, trouble: DeliveryTrouble::Busy, .. } = next().await else { panic!() };
    assert_eq!(after, Some(Duration::from_secs(17)));
    assert!(matches!(next().await, SendError::Unauthorised { .. }));
    let refused = next().await;
    assert!(
        matches!(&refused, SendError::Refused { why, .. } if why.contains("chat not found")),
        "{refused}"
    );
    assert_eq!(refused.trouble(), DeliveryTrouble::Address);
    assert!(matches!(next().await, SendError::Retry { after: None, trouble: DeliveryTrouble::Faulty, .. }));
    let settings = json!({ "type": "telegram", "chat_id": "-100", "api_url": "http://127.0.0.1:1/" });
    let gone = open(&settings, &[("token", "1:hunter2")]).send(&message).await.unwrap_err();
    said += &gone.to_string();
    assert!(
        matches!(gone, SendError::Retry { trouble: DeliveryTrouble::Unreachable, .. })
            && !said.contains("hunter2"),
        "{said}"
    );
}
