//! Points on the earth.

use serde::{Deserialize, Serialize};

/// A point in WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GeoPoint {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

impl GeoPoint {
    /// A point; `None` for what is not on the earth.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let valid = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        valid.then_some(Self { latitude, longitude })
    }

    /// How far another point is, in metres, over a sphere of the earth's mean radius (haversine).
    #[must_use]
    pub fn metres_to(self, other: Self) -> f64 {
        const RADIUS: f64 = 6_371_008.8;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let east = (other.longitude - self.longitude).to_radians();
        let half = ((to - from) / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
        2.0 * RADIUS * half.clamp(0.0, 1.0).sqrt().asin()
    }

    /// In which direction another point lies: degrees clockwise from north, 0 to 360.
    #[must_use]
    pub fn bearing_to(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let east = (other.longitude - self.longitude).to_radians();
        let (x, y) = (from.cos() * to.sin() - from.sin() * to.cos() * east.cos(), east.sin() * to.cos());
        y.atan2(x).to_degrees().rem_euclid(360.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_directions_are_those_of_the_map() {
        let vinh = GeoPoint { latitude: 18.6796, longitude: 105.6813 };
        let ha_noi = GeoPoint { latitude: 21.0285, longitude: 105.8542 };
        assert!((vinh.metres_to(ha_noi) - 261_800.0).abs() < 1_000.0, "{}", vinh.metres_to(ha_noi));
        assert!((vinh.bearing_to(ha_noi) - 4.0).abs() < 1.0, "{}", vinh.bearing_to(ha_noi));
        let east = GeoPoint { longitude: 105.6913, ..vinh };
        assert!((vinh.bearing_to(east) - 90.0).abs() < 0.1);
        assert!((east.bearing_to(vinh) - 270.0).abs() < 0.1);
        assert!(vinh.metres_to(vinh).abs() < 1e-6);
    }
}
