//! The words of Taimat: identifiers, time, media, detections, tracks, events, places, rights. No I/O.
//!
//! Every other crate speaks to its neighbours in these types, so that data flows one way and no crate
//! needs to know another's insides.

pub mod analysis;
pub mod camera;
pub mod channel;
pub mod delivery;
pub mod event;
pub mod gap;
pub mod geo;
pub mod id;
pub mod live;
pub mod look;
pub mod media;
pub mod place;
pub mod probe;
pub mod review;
pub mod rights;
pub mod rule;
pub mod schedule;
pub mod segment;
pub mod sentence;
pub mod shape;
pub mod time;
pub mod watch;

pub use analysis::{ActivityMinute, BoundingBox, Detection, ObjectClass, Track, TrackPoint};
pub use camera::{Camera, CameraState, Credentials, Secret, StreamAddress, StreamState, Transport};
pub use channel::{
    Channel, ChannelSecrets, ChannelSettings, ChannelSpec, InvalidChannel, Language, MailSecurity, Routing,
    ZaloRecipient,
};
pub use delivery::{Delivery, DeliveryState, MessageKind, Warning};
pub use event::{Event, EventRecord};
pub use gap::{Gap, GapKind, GapReason};
pub use geo::GeoPoint;
pub use id::{CameraId, ChannelId, DeliveryId, EventId, FiringId, PlaceId, ReviewItemId, RuleId, UserId};
pub use live::LiveEvent;
pub use look::{LookAt, LookCost, Searched};
pub use media::{
    AccessUnit, AudioFrame, AudioParameters, MediaFrame, StreamKind, VideoCodec, VideoParameters,
};
pub use place::{Place, PlaceKind};
pub use probe::{ConnectFailure, FailureKind, ProbeReport, StreamReport};
pub use review::{Firing, Measured, Officer, ReviewItem, ReviewState, ReviewStep, Sentence, Severity};
pub use rights::{Action, Role};
pub use rule::{Condition, Crossing, InvalidRule, Rule, RuleSpec};
pub use schedule::{Day, DaySpan, ExceptionDay, Schedule, TimeOfDay, WeeklySpan};
pub use segment::{Fragment, FragmentIndex, Segment};
pub use shape::{Line, PicturePoint, ShapeError, Zone, foot};
pub use time::{Clock, ManualClock, SystemClock, TimeRange, Timestamp};
pub use watch::{CameraWatch, WatchCost, WatchMinute, WatchReason, WatchSpan, WatchState};
