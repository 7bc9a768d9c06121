//! What analysis says of the pictures: detections, tracks, activity.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What kind of thing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ObjectClass {
    /// A person.
    Person,
    /// A bicycle.
    Bicycle,
    /// A motorcycle or scooter.
    Motorcycle,
    /// A car.
    Car,
    /// A bus.
    Bus,
    /// A truck.
    Truck,
}

impl ObjectClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Person, Self::Bicycle, Self::Motorcycle, Self::Car, Self::Bus, Self::Truck];

    /// The name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bicycle => "bicycle",
            Self::Motorcycle => "motorcycle",
            Self::Car => "car",
            Self::Bus => "bus",
            Self::Truck => "truck",
        }
    }
}

impl std::fmt::Display for ObjectClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ObjectClass {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no class: person, bicycle, motorcycle, car, bus or truck"))
    }
}

/// A rectangle in the picture, in parts of its width and height: 0 is left or top, 1 is right or bottom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoundingBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl BoundingBox {
    /// Area, in parts of the picture.
    #[must_use]
    pub fn area(self) -> f32 {
        self.w.max(0.0) * self.h.max(0.0)
    }

    /// Area of what both have in common.
    fn shared(self, other: Self) -> f32 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, 0 to 1.
    #[must_use]
    pub fn iou(self, other: Self) -> f32 {
        let shared = self.shared(other);
        let whole = self.area() + other.area() - shared;
        if whole > 0.0 { shared / whole } else { 0.0 }
    }

    /// Share of it that lies inside `other`, 0 to 1.
    #[must_use]
    pub fn inside(self, other: Self) -> f32 {
        let area = self.area();
        if area > 0.0 { self.shared(other) / area } else { 0.0 }
    }

    /// The box that far on the way to another, 0 to 1.
    #[must_use]
    pub fn towards(self, other: Self, part: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * part;
        Self {
            x: mix(self.x, other.x),
            y: mix(self.y, other.y),
            w: mix(self.w, other.w),
            h: mix(self.h, other.h),
        }
    }

    /// The middle of the bottom edge: where the object stands.
    #[must_use]
    pub fn foot(self) -> (f32, f32) {
        (self.x + self.w / 2.0, self.y + self.h)
    }

    /// The part that lies inside the picture.
    #[must_use]
    pub fn clamped(self) -> Self {
        let (x, y) = (self.x.clamp(0.0, 1.0), self.y.clamp(0.0, 1.0));
        let (right, bottom) = ((self.x + self.w).clamp(x, 1.0), (self.y + self.h).clamp(y, 1.0));
        Self { x, y, w: right - x, h: bottom - y }
    }
}

/// One object in one picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Detection {
    /// What it is.
    pub class: ObjectClass,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// Where it is.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
}

/// Where a tracked object was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackPoint {
    /// When.
    pub time: Timestamp,
    /// Where.
    #[serde(rename = "box")]
    pub bounds: BoundingBox,
}

/// One object followed through the pictures of one camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Number of the track, unique at its camera since the tracker was started.
    pub id: u64,
    /// What it is, by the vote of its detections weighted by their scores.
    pub class: ObjectClass,
    /// Mean score of the detections of that class, 0 to 1.
    pub score: f32,
    /// Time of the first detection.
    pub first_seen: Timestamp,
    /// Time of the latest detection.
    pub last_seen: Timestamp,
    /// Where it went, simplified; first and last detection are always in it.
    pub path: Vec<TrackPoint>,
    /// The picture that shows it best: large, sure, not cut by the edge.
    pub best: TrackPoint,
    /// Number of detections in the track.
    pub detections: u32,
    /// Whether it stands still now.
    pub stationary: bool,
    /// Whether it ever moved away from where it first was.
    pub moved: bool,
}

/// How much moved at a camera in one minute, whether or not anything was detected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityMinute {
    /// Which camera.
    pub camera_id: crate::CameraId,
    /// Start of the UTC minute.
    pub minute: Timestamp,
    /// For each GOP that began in the minute: milliseconds from its start, and a score, 0 for nothing to 255.
    pub scores: Vec<(u16, u8)>,
}
