//! Labels: where each object truly was, picture by picture.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use domain::BoundingBox;

/// Where one object was: the number of the picture, and its box in parts of it.
pub(crate) type Way = BTreeMap<usize, BoundingBox>;

/// Reads MOT15 text: `frame,id,left,top,width,height,confidence,…`, frames counted from 1, lengths in pixels.
/// Rows with confidence 0 are not to be counted.
pub(crate) fn load(path: &Path, size: (u32, u32)) -> Result<Vec<Way>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text, size).with_context(|| format!("{} is no MOT15 text", path.display()))
}

fn parse(text: &str, size: (u32, u32)) -> Result<Vec<Way>> {
    let (width, height) = (size.0 as f32, size.1 as f32);
    let mut ways: BTreeMap<u64, Way> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let mut row = || -> Option<()> {
            let mut fields = line.split(',').map(str::trim);
            let frame = fields.next()?.parse::<usize>().ok()?.checked_sub(1)?;
            let id = fields.next()?.parse().ok()?;
            let [x, y, w, h, confidence] = std::array::from_fn(|_| fields.next()?.parse::<f32>().ok());
            let bounds = BoundingBox { x: x? / width, y: y? / height, w: w? / width, h: h? / height };
            if confidence? > 0.0 {
                ways.entry(id).or_default().insert(frame, bounds);
            }
            Some(())
        };
        row().with_context(|| format!("line {}: {line:?}", number + 1))?;
    }
    Ok(ways.into_values().collect())
}

/// Fills what lies between two boxes, where that is no more than `most` pictures: an object that is looked at five
/// times a second is where it goes between the looks, too.
pub(crate) fn fill(way: &Way, most: usize) -> Way {
    let mut filled = way.clone();
    for ((&from, a), (&to, b)) in
        way.iter().zip(way.iter().skip(1)).filter(|((from, _), (to, _))| *to - *from <= most)
    {
        for frame in from + 1..to {
            let part = (frame - from) as f32 / (to - from) as f32;
            let mix = |a: f32, b: f32| a + (b - a) * part;
            let bounds =
                BoundingBox { x: mix(a.x, b.x), y: mix(a.y, b.y), w: mix(a.w, b.w), h: mix(a.h, b.h) };
            filled.insert(frame, bounds);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_ways() {
        let ways =
            parse("1,7,10,20,30,40,1,-1,-1,-1\n3,7,20,20,30,40,1\n2,9,1,1,1,1,0\n", (100, 200)).unwrap();
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0][&0], BoundingBox { x: 0.1, y: 0.1, w: 0.3, h: 0.2 });
        let filled = fill(&ways[0], 2);
        assert_eq!(filled.len(), 3);
        assert!((filled[&1].x - 0.15).abs() < 1e-6);
        assert_eq!(fill(&ways[0], 1).len(), 2);
    }

    #[test]
    fn a_bad_row_is_named() {
        let error = parse("1,7,10,20,30,40,1\n0,7,1,1,1,1,1", (100, 200)).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
