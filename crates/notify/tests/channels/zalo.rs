use std::sync::Arc;
use std::time::Duration;

use domain::DeliveryTrouble;
use notify::{Channel, SendError, Sent, TokenStore};
use serde_json::{Value, json};

use crate::support::{JPEG, Scripted, Stub, Tokens, message, open_with};

const SENT: Scripted = (200, None, r#"{"error": 0, "message": "Success", "data": {"message_id": "m1"}}"#);
const UPLOADED: Scripted =
    (200, None, r#"{"error": 0, "message": "Success", "data": {"attachment_id": "a1"}}"#);
const EXPIRED: Scripted = (200, None, r#"{"error": -216, "message": "Access token is invalid"}"#);
const RENEWED: Scripted =
    (200, None, r#"{"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": "90000"}"#);

fn group() -> Value {
    json!({ "type": "group", "group_id": "g1" })
}

fn channel(stub: &Stub, recipient: &Value, tokens: Arc<Tokens>) -> Box<dyn Channel> {
    let settings = json!({ "type": "zalo", "app_id": "4711", "recipient": recipient,
        "api_url": stub.base, "oauth_url": stub.base });
    let secrets =
        [("access_token", "old-access"), ("refresh_token", "old-refresh"), ("secret_key", "the-key")];
    open_with(&settings, &secrets, tokens)
}

fn tokens() -> Arc<Tokens> {
    Tokens::new("old-access", "old-refresh")
}

#[tokio::test]
async fn a_group_gets_text_and_picture() {
    let stub = Stub::start(&[UPLOADED, SENT]).await;
    let zalo = channel(&stub, &group(), tokens());
    assert_eq!(zalo.send(&message("Đêm", Some(JPEG))).await, Ok(Sent { with_picture: true }));
    let [upload, send] = &stub.requests()[..] else { panic!("{:?}", stub.requests()) };
    assert_eq!(
        (upload.path.as_str(), upload.header("access_token")),
        ("/v2.0/oa/upload/image", "old-access")
    );
    assert!(upload.body.windows(JPEG.len()).any(|part| part == JPEG), "the picture itself");
    assert!(upload.text().contains(r#"name="file""#) && upload.text().contains("image/jpeg"));
    assert_eq!((send.path.as_str(), send.header("access_token")), ("/v3.0/oa/group/message", "old-access"));
    let body = send.json();
    assert_eq!(body["recipient"], json!({ "group_id": "g1" }));
    assert!(body["message"]["text"].as_str().unwrap().starts_with("Báo động: Đêm\nMột người"), "{body}");
    let element = &body["message"]["attachment"]["payload"]["elements"][0];
    assert_eq!(element, &json!({ "media_type": "image", "attachment_id": "a1" }));
}

#[tokio::test]
async fn a_person_gets_a_message_of_its_own_kind() {
    let stub = Stub::start(&[SENT]).await;
    let zalo = channel(&stub, &json!({ "type": "user", "user_id": "u1" }), tokens());
    assert_eq!(zalo.send(&message("Đêm", None)).await, Ok(Sent { with_picture: false }));
    let request = &stub.requests()[0];
    assert_eq!(request.path, "/v3.0/oa/message/cs");
    assert_eq!(request.json()["recipient"], json!({ "user_id": "u1" }));
    assert!(request.json()["message"].get("attachment").is_none());
}

#[tokio::test]
async fn an_expired_token_is_renewed_stored_and_used() {
    let stub = Stub::start(&[EXPIRED, RENEWED, SENT]).await;
    let tokens = tokens();
    let zalo = channel(&stub, &group(), Arc::clone(&tokens));
    assert_eq!(zalo.send(&message("Đêm", None)).await, Ok(Sent { with_picture: false }));
    let [_, renewal, again] = &stub.requests()[..] else { panic!("{:?}", stub.requests()) };
    assert_eq!((renewal.path.as_str(), renewal.header("secret_key")), ("/v4/oa/access_token", "the-key"));
    assert_eq!(renewal.text(), "refresh_token=old-refresh&app_id=4711&grant_type=refresh_token");
    assert_eq!(again.header("access_token"), "new-access");
    assert_eq!(*tokens.saved.lock().unwrap(), 1);
    assert_eq!(tokens.load().await.unwrap().refresh.reveal(), "new-refresh");
}

#[tokio::test]
async fn channels_of_one_account_renew_once() {
    let stub = Stub::start(&[EXPIRED, RENEWED, SENT, SENT]).await;
    let tokens = tokens();
    let (one, other) =
        (channel(&stub, &group(), Arc::clone(&tokens)), channel(&stub, &group(), Arc::clone(&tokens)));
    one.send(&message("Đêm", None)).await.unwrap();
    other.send(&message("Đêm", None)).await.unwrap();
    assert_eq!(stub.requests().iter().filter(|request| request.path.starts_with("/v4")).count(), 1);
    assert_eq!(*tokens.saved.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_refresh_token_that_is_spent_is_for_a_person_to_mend() {
    let spent = (200, None, r#"{"error": -14014, "error_name": "Invalid refresh token", "message": ""}"#);
    let stub = Stub::start(&[EXPIRED, spent, EXPIRED, RENEWED, EXPIRED]).await;
    let tokens = tokens();
    let zalo = channel(&stub, &group(), Arc::clone(&tokens));
    let error = zalo.send(&message("Đêm", None)).await.unwrap_err();
    let SendError::Unauthorised { why } = error else { panic!("{error}") };
    assert!(why.contains("Invalid refresh token") && !why.contains("old-refresh"), "{why}");
    assert_eq!(*tokens.saved.lock().unwrap(), 0);
    // Renewed, and refused all the same.
    assert!(matches!(zalo.send(&message("Đêm", None)).await, Err(SendError::Unauthorised { .. })));
}

#[tokio::test]
async fn limits_quotas_and_refusals_are_told_apart() {
    let stub = Stub::start(&[
        (200, None, r#"{"error": -32, "message": "Rate limit"}"#),
        (200, None, r#"{"error": -211, "message": "Out of quota"}"#),
        (200, None, r#"{"error": -213, "message": "User has not followed the OA"}"#),
        (200, None, r#"{"error": -99999, "message": "?"}"#),
        (200, None, "<html>maintenance</html>"),
        (502, None, ""),
    ])
    .await;
    let zalo = channel(&stub, &json!({ "type": "user", "user_id": "u1" }), tokens());
    let message = message("Đêm", None);
    let SendError::Retry { after, trouble: DeliveryTrouble::Busy, .. } =
        zalo.send(&message).await.unwrap_err()
    else {
        panic!()
    };
    assert_eq!(after, Some(Duration::from_mins(1)));
    let SendError::Quota { until, .. } = zalo.send(&message).await.unwrap_err() else { panic!() };
    let hour_and_minute = until.to_datetime().format("%H:%M:%S").to_string();
    assert_eq!(hour_and_minute, "17:00:00", "midnight by the clock of the place");
    let refused = zalo.send(&message).await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Refused { trouble: DeliveryTrouble::Address, why } if why.contains("-213")),
        "{refused}"
    );
    for _ in 0..3 {
        assert!(matches!(
            zalo.send(&message).await,
            Err(SendError::Retry { trouble: DeliveryTrouble::Faulty, .. })
        ));
    }
}

#[tokio::test]
async fn a_picture_that_is_refused_does_not_keep_the_warning_back() {
    let stub = Stub::start(&[(200, None, r#"{"error": -201, "message": "file is invalid"}"#), SENT]).await;
    let zalo = channel(&stub, &group(), tokens());
    assert_eq!(zalo.send(&message("Đêm", Some(JPEG))).await, Ok(Sent { with_picture: false }));
    assert!(stub.requests()[1].json()["message"].get("attachment").is_none());
}
