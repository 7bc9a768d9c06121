//! The words of Taimat: identifiers, time, media, detections, tracks, events, places, rights. No I/O.
//!
//! Every other crate speaks to its neighbours in these types, so that data flows one way and no crate
//! needs to know another's insides.

pub mod analysis;
pub mod bell;
pub mod camera;
pub mod case;
pub mod channel;
pub mod check;
pub mod delivery;
pub mod event;
pub mod find;
pub mod gap;
pub mod geo;
pub mod grey;
pub mod ground;
pub mod id;
pub mod language;
pub mod live;
pub mod look;
pub mod media;
pub mod place;
mod probe;
pub mod quiet;
pub mod review;
pub mod rights;
pub mod route;
pub mod rule;
pub mod schedule;
pub mod segment;
pub mod sentence;
pub mod shape;
pub mod shift;
pub mod signature;
pub mod sounder;
pub mod time;
pub mod watch;

pub use analysis::{ActivityMinute, BoundingBox, Detection, ObjectClass, Track, TrackPoint};
pub use bell::{Bell, BellSignal, BellSpec, NearCamera, Press, nearest_cameras};
pub use camera::{Camera, CameraState, Credentials, Secret, StreamAddress, StreamState, Transport};
pub use case::{Case, CaseExport, CaseFootage, CaseItem, CaseItemKind, CaseSpec, CaseState, ExportState};
pub use channel::{
    Channel, ChannelSecrets, ChannelSettings, ChannelSpec, MailSecurity, Routing, ZaloRecipient,
};
pub use check::InvalidField;
pub use delivery::{Delivery, DeliveryState, DeliveryTrouble, MessageKind, Warning};
pub use event::{Event, EventRecord, Heading};
pub use find::{Discovered, FindReport, FoundChannel, GuessedBy, TriedPath};
pub use gap::{Gap, GapKind, GapReason};
pub use geo::GeoPoint;
pub use grey::GreyGrid;
pub use ground::Ground;
pub use id::{
    BellId, CameraId, CaseId, CaseItemId, ChannelId, DeliveryId, EventId, ExportId, FiringId, PlaceId,
    QuietSpotId, ReportId, ReviewItemId, RingId, RuleId, ShiftId, SounderId, UserId,
};
pub use language::Language;
pub use live::LiveEvent;
pub use look::{LookAt, LookCost, SceneView, Searched};
pub use media::{
    AccessUnit, AudioFrame, AudioParameters, MediaFrame, StreamKind, VideoCodec, VideoParameters,
};
pub use place::{Place, PlaceKind};
pub use probe::{ConnectFailure, FailureKind, ProbeReport, StreamReport};
pub use quiet::{Lesson, Likeness, QuietSpot, Suppressed};
pub use review::{
    DismissReason, Firing, Measured, Officer, ReviewItem, ReviewState, ReviewStep, Sentence, Severity,
};
pub use rights::{Action, Role};
pub use route::{Beside, Route};
pub use rule::{Condition, Crossing, Rule, RuleSpec};
pub use schedule::{Day, DaySpan, ExceptionDay, Schedule, TimeOfDay, WeeklySpan, at_home};
pub use segment::{Fragment, FragmentIndex, Segment};
pub use shape::{Line, PicturePoint, ShapeError, Zone, foot};
pub use shift::{CameCount, CameraHealth, Escalated, Missing, Shift, ShiftReport, Waited};
pub use sounder::{Ring, RingCause, RingState, Sounder, SounderKind, SounderOutput, SounderSpec};
pub use time::{Clock, ManualClock, SystemClock, TimeRange, Timestamp};
pub use watch::{CameraWatch, WatchCost, WatchMinute, WatchReason, WatchSpan, WatchState};
