//! Where a picture lies in the model's input, and where a box of the input lies in the picture.

use domain::BoundingBox;

use crate::manifest::Fit;

/// The place of a picture in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letterbox {
    /// Left edge, in pixels of the input.
    pub(crate) x: u32,
    /// Top edge.
    pub(crate) y: u32,
    /// Width.
    pub(crate) width: u32,
    /// Height.
    pub(crate) height: u32,
}

impl Letterbox {
    /// The place of a picture of `width` × `height` in an input of `input`.
    pub(crate) fn new(fit: Fit, (width, height): (u32, u32), input: (u32, u32)) -> Self {
        if fit == Fit::Stretch || width == 0 || height == 0 {
            return Self { x: 0, y: 0, width: input.0, height: input.1 };
        }
        let scale = (f64::from(input.0) / f64::from(width)).min(f64::from(input.1) / f64::from(height));
        let side = |side: u32, limit: u32| ((f64::from(side) * scale).round() as u32).clamp(1, limit);
        let (width, height) = (side(width, input.0), side(height, input.1));
        let (x, y) =
            if fit == Fit::Center { ((input.0 - width) / 2, (input.1 - height) / 2) } else { (0, 0) };
        Self { x, y, width, height }
    }

    /// A box of the input, given by its edges in pixels, as a box of the picture.
    pub(crate) fn to_picture(self, [left, top, right, bottom]: [f32; 4]) -> BoundingBox {
        let across = |value: f32| (value - self.x as f32) / self.width as f32;
        let down = |value: f32| (value - self.y as f32) / self.height as f32;
        let (x, y) = (across(left), down(top));
        BoundingBox { x, y, w: across(right) - x, h: down(bottom) - y }.clamped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_pictures_leave_room_below_or_around() {
        let top = Letterbox::new(Fit::TopLeft, (1920, 1080), (416, 256));
        assert_eq!(top, Letterbox { x: 0, y: 0, width: 416, height: 234 });
        let middle = Letterbox::new(Fit::Center, (1920, 1080), (416, 256));
        assert_eq!(middle, Letterbox { x: 0, y: 11, width: 416, height: 234 });
        let stretched = Letterbox::new(Fit::Stretch, (1920, 1080), (416, 256));
        assert_eq!(stretched, Letterbox { x: 0, y: 0, width: 416, height: 256 });
    }

    proptest! {
        #[test]
        fn boxes_find_back(
            width in 1u32..8192, height in 1u32..8192,
            fit in prop_oneof![Just(Fit::TopLeft), Just(Fit::Center), Just(Fit::Stretch)],
            x in 0.0f32..0.9, y in 0.0f32..0.9, w in 0.01f32..0.1, h in 0.01f32..0.1,
        ) {
            let place = Letterbox::new(fit, (width, height), (416, 256));
            prop_assert!(place.x + place.width <= 416 && place.y + place.height <= 256);
            let left = place.x as f32 + x * place.width as f32;
            let top = place.y as f32 + y * place.height as f32;
            let found = place.to_picture([
                left, top, left + w * place.width as f32, top + h * place.height as f32,
            ]);
            for (a, b) in [(found.x, x), (found.y, y), (found.w, w), (found.h, h)] {
                prop_assert!((a - b).abs() < 1e-3, "{found:?}");
            }
        }

        #[test]
        fn no_box_leaves_the_picture(edges: [f32; 4]) {
            let found = Letterbox::new(Fit::Center, (640, 360), (416, 416)).to_picture(edges);
            if edges.iter().all(|edge| edge.is_finite()) {
                prop_assert!((0.0..=1.0).contains(&found.x) && (0.0..=1.0).contains(&found.y));
                prop_assert!(found.w >= 0.0 && found.x + found.w <= 1.0 + 1e-6);
                prop_assert!(found.h >= 0.0 && found.y + found.h <= 1.0 + 1e-6);
            }
        }
    }
}
