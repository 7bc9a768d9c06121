//! Deliveries: warnings on their way out, one row a channel.

use serde::{Deserialize, Serialize};

use crate::{CameraId, ChannelId, DeliveryId, PlaceId, ReviewItemId, Sentence, Severity, Timestamp};

/// Why something goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Something was flagged.
    New,
    /// It was handed to the place above.
    Escalated,
    /// Somebody has decided.
    Resolved,
    /// That decision was taken back.
    Reopened,
    /// A person tries the channel.
    Test,
    /// Several that waited for each other.
    Digest,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits to be tried, for the first time or again.
    Pending,
    /// The other side has taken it.
    Sent,
    /// It was refused, or tried for too long: a person has to see to it.
    Dead,
}

crate::review::names!(MessageKind, "kind of message", New => "new", Escalated => "escalated", Resolved => "resolved",
    Reopened => "reopened",
    Test => "test", Digest => "digest");
crate::review::names!(DeliveryState, "state of a delivery", Pending => "pending", Sent => "sent", Dead => "dead");

/// What came in the way of a delivery, as far as a person can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryTrouble {
    /// The other side does not believe that we are who we say.
    Secrets,
    /// It did not answer in time.
    Silent,
    /// There is no way to it, or the way broke.
    Unreachable,
    /// It has no such address or recipient.
    Address,
    /// It takes no more for now.
    Busy,
    /// It has a fault of its own, or is not what the channel was set up for.
    Faulty,
    /// It does not take this message.
    Refused,
    /// The message could not be made here.
    Internal,
    /// It waited for too long, on a channel that is off or has no quota left.
    Expired,
}

crate::review::names!(DeliveryTrouble, "trouble of a delivery", Secrets => "secrets", Silent => "silent",
    Unreachable => "unreachable", Address => "address", Busy => "busy", Faulty => "faulty", Refused => "refused",
    Internal => "internal", Expired => "expired");

/// What is told of a review item, as it was when it was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// The item.
    pub item_id: ReviewItemId,
    /// Where it happened.
    pub place_id: PlaceId,
    /// The names of the places from the top down to that one.
    pub places: Vec<String>,
    /// The camera that fired it first; null where no camera is behind it.
    pub camera_id: Option<CameraId>,
    /// That camera's name.
    pub camera: Option<String>,
    /// The name of its rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// When its rule fired first.
    pub at: Timestamp,
    /// Why it was flagged.
    pub why: Sentence,
}

/// A message on its way out on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// Identifier.
    pub id: DeliveryId,
    /// On which channel.
    pub channel_id: ChannelId,
    /// The same however often it is tried, so that the other side knows it again.
    pub idempotency_key: String,
    /// Why it goes out.
    pub kind: MessageKind,
    /// What it tells; null where a person tries the channel.
    pub warning: Option<Warning>,
    /// How far it has come.
    pub state: DeliveryState,
    /// Whether it waits to go out together with others.
    pub held: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Timestamp,
    /// What came in the way last; null where nothing did.
    pub last_trouble: Option<DeliveryTrouble>,
    /// The same in technical words, those of the other side where it said any.
    pub last_error: Option<String>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When the other side took it; null until it has.
    pub sent_at: Option<Timestamp>,
}
