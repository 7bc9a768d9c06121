//! One feed: its decoder, the looks that are still inside it, its background.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{LookAt, LookCost, Timestamp, VideoParameters};
use ffmpeg_next::frame;
use vision_client::protocol::{FeedId, FeedUnit, Reply};

use crate::decoder::{Decoder, Quality};
use crate::motion::Motion;
use crate::planes::Unifier;
use crate::search::{Search, Sight};
use crate::timing::{Stopwatch, micros};
use crate::view::Views;

/// Decoders hold back at most 16 pictures to put them in order; a unit older than that gave none.
const REORDER: usize = 17;

/// The state of one feed.
#[derive(Default)]
pub(crate) struct Feed {
    parameters: Option<VideoParameters>,
    decoder: Option<Decoder>,
    inside: VecDeque<Inside>,
    /// The last key frame, where the decoder was drained after it: sent again if units follow that need it.
    drained_key: Option<FeedUnit>,
    after_key: bool,
    /// Pictures decoded since the look before, and the processor time that took.
    decoded: u32,
    decoding: Duration,
    motion: Motion,
    views: Views,
}

/// A unit whose picture has not come out of the decoder.
struct Inside {
    sequence: u64,
    time: Timestamp,
    random_access: bool,
    look: Option<LookAt>,
}

/// Where a lane puts its answers, and what it works with.
pub(crate) struct Bench<'a> {
    pub(crate) search: &'a mut Search,
    pub(crate) unifier: &'a mut Unifier,
    pub(crate) picture: &'a mut frame::Video,
    pub(crate) replies: &'a mut Vec<Reply>,
}

impl Feed {
    /// Decodes a unit, looks at the pictures that come out and are wanted, and answers.
    pub(crate) fn unit(&mut self, mut unit: FeedUnit, bench: &mut Bench<'_>) {
        let (id, sequence, time) = (unit.feed, unit.sequence, unit.time);
        if let Some(parameters) = unit.parameters.take()
            && self.parameters.as_ref() != Some(&parameters)
        {
            self.rest(id, bench);
            self.parameters = Some(parameters);
        }
        if let Err(detail) = self.decode(&unit, bench) {
            self.inside.retain(|inside| inside.sequence != sequence);
            if unit.look.is_some() {
                bench.replies.push(Reply::Failed { feed: id, time, detail });
            }
        }
        while self.inside.len() > REORDER {
            self.fail_first(id, bench);
        }
        let inside = self.inside.iter().filter(|inside| inside.look.is_some()).map(|inside| inside.time);
        let held_from = inside.chain(bench.search.waits_since(id)).min();
        bench.replies.push(Reply::Done { feed: id, sequence, held_from });
    }

    /// Answers what is held back and frees the decoder. Decoding goes on with the next key frame.
    pub(crate) fn rest(&mut self, id: FeedId, bench: &mut Bench<'_>) {
        self.drain(id, bench);
        if bench.search.waits(id) {
            bench.search.flush(bench.replies);
        }
        self.decoder = None;
        self.drained_key = None;
    }

    fn decode(&mut self, unit: &FeedUnit, bench: &mut Bench<'_>) -> Result<(), String> {
        let watch = Stopwatch::start();
        if !unit.random_access {
            if let Some(key) = self.drained_key.take() {
                self.send(&key)?;
            }
            if self.decoder.is_none() {
                return Err("decoding starts with the next key frame".to_owned());
            }
        }
        self.drained_key = None;
        self.send(unit)?;
        self.inside.push_back(Inside {
            sequence: unit.sequence,
            time: unit.time,
            random_access: unit.random_access,
            look: unit.look.clone(),
        });
        self.decoding += watch.spent();
        self.receive(unit.feed, bench);
        // Key frame after key frame is the sentinel of a quiet camera. A decoder that puts pictures in order
        // would hold each back until the next: so take it out at once.
        let alone = unit.random_access && self.after_key;
        self.after_key = unit.random_access;
        if alone && self.inside.iter().any(|inside| inside.look.is_some()) {
            self.drain(unit.feed, bench);
            self.drained_key = Some(unit.clone());
        }
        Ok(())
    }

    fn send(&mut self, unit: &FeedUnit) -> Result<(), String> {
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => {
                let parameters =
                    self.parameters.as_ref().ok_or("the parameters of the video are not known")?;
                none.insert(Decoder::open(parameters, Quality::Analysis)?)
            }
        };
        decoder.send(&unit.data, unit.sequence.cast_signed(), unit.random_access)
    }

    /// Looks at the pictures that are ready.
    fn receive(&mut self, id: FeedId, bench: &mut Bench<'_>) {
        // As many tries as there can be pictures: a decoder that fails for ever ends here too.
        for _ in 0..=2 * REORDER {
            let watch = Stopwatch::start();
            let Some(decoder) = &mut self.decoder else { return };
            let received = decoder.receive(bench.picture);
            self.decoding += watch.spent();
            let number = match received {
                Ok(Some(number)) => {
                    self.decoded += 1;
                    number.cast_unsigned()
                }
                Ok(None) => return,
                Err(detail) => {
                    // Which unit it was is not known; the oldest is the next that should have come.
                    if let Some(inside) = self.inside.pop_front()
                        && inside.look.is_some()
                    {
                        bench.replies.push(Reply::Failed { feed: id, time: inside.time, detail });
                    }
                    continue;
                }
            };
            let in_order = decoder.is_in_order();
            let Some(place) = self.inside.iter().position(|inside| inside.sequence == number) else {
                continue;
            };
            let Some(inside) = self.inside.remove(place) else { continue };
            // Where nothing is put in order, and at each key frame, what should have come before never will.
            if in_order || inside.random_access {
                (0..place).for_each(|_| self.fail_first(id, bench));
            }
            if let Some(look) = &inside.look {
                self.look(id, inside.time, look, bench);
            }
        }
    }

    fn look(&mut self, feed: FeedId, time: Timestamp, look: &LookAt, bench: &mut Bench<'_>) {
        let picture = &*bench.picture;
        if picture.is_corrupt() || picture.has_decode_errors() {
            let detail = format!("the picture is damaged ({:?})", picture.decode_error_flags());
            bench.replies.push(Reply::Failed { feed, time, detail });
            return;
        }
        let cost = LookCost {
            decoded: std::mem::take(&mut self.decoded),
            decode_micros: micros(std::mem::take(&mut self.decoding)),
            ..LookCost::default()
        };
        match bench.unifier.planes(picture) {
            Ok(planes) => {
                let sight = Sight { feed, time, planes, look, cost };
                bench.search.look(&sight, (&mut self.motion, &mut self.views), bench.replies);
            }
            Err(detail) => bench.replies.push(Reply::Failed { feed, time, detail }),
        }
    }

    /// Takes everything out of the decoder.
    fn drain(&mut self, id: FeedId, bench: &mut Bench<'_>) {
        if let Some(decoder) = &mut self.decoder {
            decoder.drain();
        }
        self.receive(id, bench);
        if let Some(decoder) = &mut self.decoder {
            decoder.restart();
        }
        while !self.inside.is_empty() {
            self.fail_first(id, bench);
        }
    }

    fn fail_first(&mut self, feed: FeedId, bench: &mut Bench<'_>) {
        if let Some(inside) = self.inside.pop_front()
            && inside.look.is_some()
        {
            let detail = "the decoder gave no picture".to_owned();
            bench.replies.push(Reply::Failed { feed, time: inside.time, detail });
        }
    }
}
