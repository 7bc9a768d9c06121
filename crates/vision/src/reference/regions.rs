//! Which squares of a picture are searched: what is near together goes into one, as Frigate does it.

/// Least side of a region, in pixels of the picture.
const LEAST: f32 = 320.0;
/// A region is this many times as large as the longest side of what it is for.
const ROOM: f32 = 1.35;
/// A box is at least this share of a region that it lets grow, and of one that it shares with others.
const OWN_SHARE: f32 = 0.1;
const SHARED: f32 = 0.05;

/// A size in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) width: f32,
    pub(super) height: f32,
}

/// A rectangle in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Rectangle {
    fn width(&self) -> f32 {
        self.right - self.left
    }

    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Whether another lies wholly inside.
    pub(super) fn holds(&self, other: &Self) -> bool {
        other.left >= self.left
            && other.top >= self.top
            && other.right <= self.right
            && other.bottom <= self.bottom
    }

    /// Whether the two have a part in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn with(self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Regions for boxes: each box lies in one.
pub(super) fn around(boxes: &[Rectangle], size: Size) -> Vec<Rectangle> {
    let mut left: Vec<&Rectangle> = boxes.iter().collect();
    let mut regions = Vec::new();
    while !left.is_empty() {
        let first = left.remove(0);
        let (reach, mut members) = (reach(first), vec![first]);
        left.retain(|next| {
            let joins = reach.holds(next) && {
                let region = region(members.iter().copied().chain([*next]), size);
                region.width() <= LEAST
                    || members.iter().chain([next]).all(|one| one.area() >= SHARED * region.area())
            };
            if joins {
                members.push(next);
            }
            !joins
        });
        regions.push(region(members.into_iter(), size));
    }
    regions
}

/// Where another box must lie to share a region with this one.
fn reach(own: &Rectangle) -> Rectangle {
    let most = LEAST.max((own.area() / OWN_SHARE).sqrt());
    let (x, y) = (f32::midpoint(own.left, own.right), f32::midpoint(own.top, own.bottom));
    let (across, down) = (most - own.width() / 2.0 * 1.1, most - own.height() / 2.0 * 1.1);
    Rectangle { left: x - across, top: y - down, right: x + across, bottom: y + down }
}

/// The square around boxes, moved into the picture and cut where it is larger.
fn region<'a>(mut boxes: impl Iterator<Item = &'a Rectangle>, size: Size) -> Rectangle {
    let first = boxes.next().copied();
    let first = first.unwrap_or(Rectangle { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 });
    let all = boxes.fold(first, Rectangle::with);
    let length = (all.width().max(all.height()) * ROOM).max(LEAST);
    let place = |from: f32, to: f32, limit: f32| {
        let start = (f32::midpoint(from, to) - length / 2.0).min(limit - length).max(0.0);
        (start, (start + length).min(limit))
    };
    let (left, right) = place(all.left, all.right, size.width);
    let (top, bottom) = place(all.top, all.bottom, size.height);
    Rectangle { left, top, right, bottom }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 640.0, height: 360.0 };

    fn at(left: f32, top: f32, side: f32) -> Rectangle {
        Rectangle { left, top, right: left + side, bottom: top + side }
    }

    #[test]
    fn what_is_near_shares_a_region_and_what_is_far_does_not() {
        let regions = around(&[at(10.0, 10.0, 20.0), at(600.0, 300.0, 20.0), at(100.0, 60.0, 20.0)], SIZE);
        assert_eq!(regions, [at(0.0, 0.0, 320.0), at(320.0, 40.0, 320.0)]);
    }

    #[test]
    fn a_small_box_does_not_share_a_region_that_it_would_get_lost_in() {
        let regions = around(&[at(100.0, 50.0, 250.0), at(355.0, 50.0, 10.0)], SIZE);
        assert_eq!(regions.len(), 2);
        assert!((regions[0].width() - 337.5).abs() < 1e-3 && regions[0].holds(&at(100.0, 50.0, 250.0)));
    }
}
