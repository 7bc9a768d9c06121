//! The manifest of a model: what its file is, how pictures go in and detections come out.
//!
//! Another detector of a known output layout is another manifest, not other code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::ObjectClass;
use serde::Deserialize;

/// How the outputs are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// NanoDet and NanoDet-Plus.
    Nanodet,
    /// YOLOX, undecoded.
    Yolox,
    /// YOLOv8 and its kin.
    Yolov8,
    /// DETR, RF-DETR, D-FINE: boxes and logits.
    Detr,
}

/// Order of the colour planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channels {
    /// Blue, green, red.
    Bgr,
    /// Red, green, blue.
    Rgb,
}

/// How a picture of another shape is fitted into the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fit {
    /// Keeps its shape, at the top left.
    TopLeft,
    /// Keeps its shape, in the middle.
    Center,
    /// Fills the input, and loses its shape.
    Stretch,
}

/// `[input]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: Channels,
    pub(crate) mean: [f32; 3],
    pub(crate) std: [f32; 3],
    #[serde(default = "one")]
    pub(crate) scale: f32,
    pub(crate) letterbox: Fit,
    #[serde(default)]
    pub(crate) pad: u8,
}

/// `[output]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    pub(crate) names: Vec<String>,
    #[serde(default)]
    pub(crate) strides: Vec<u32>,
    #[serde(default)]
    pub(crate) reg_max: u32,
}

/// `[thresholds]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thresholds {
    pub(crate) score: f32,
    pub(crate) nms_iou: f32,
    pub(crate) max_detections: usize,
    #[serde(default)]
    pub(crate) class: BTreeMap<ObjectClass, f32>,
}

/// A manifest as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    pub(crate) source: String,
    pub(crate) file: PathBuf,
    pub(crate) sha256: Option<String>,
    pub(crate) layout: Layout,
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) thresholds: Thresholds,
    labels: BTreeMap<String, ObjectClass>,
}

fn one() -> f32 {
    1.0
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("cannot read the model manifest {}: {source}; set `model` to a file of `models/`", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the model manifest {} is wrong: {detail}", path.display())]
    Wrong { path: PathBuf, detail: String },
    #[error(
        "the model file `{}` of {} is in none of: {looked}; run `cargo xtask setup`, or set TAIMAT_MODELS to its folder",
        file.display(), manifest.display()
    )]
    NoFile { file: PathBuf, manifest: PathBuf, looked: String },
}

impl Manifest {
    /// Reads and checks a manifest.
    pub(crate) fn load(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ManifestError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|detail| ManifestError::Wrong { path: path.to_owned(), detail })
    }

    /// A manifest from its text; the error names the field and the remedy.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        const SIDES: std::ops::RangeInclusive<u32> = 32..=4096;
        let share = |field: &str, value: f32| {
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(format!("`{field}` is {value}, and must be from 0 to 1"))
            }
        };
        for (field, text) in
            [("name", &self.name), ("version", &self.version), ("input.name", &self.input.name)]
        {
            if text.trim().is_empty() {
                return Err(format!("`{field}` is empty"));
            }
        }
        for (field, side) in [("input.width", self.input.width), ("input.height", self.input.height)] {
            if !SIDES.contains(&side) {
                return Err(format!(
                    "`{field}` is {side}, and must be from {} to {}",
                    SIDES.start(),
                    SIDES.end()
                ));
            }
        }
        if self.input.std.iter().any(|std| !std.is_finite() || *std == 0.0) {
            return Err("`input.std` must hold three numbers that are not 0".to_owned());
        }
        if !self.input.mean.iter().chain([&self.input.scale]).all(|value| value.is_finite()) {
            return Err("`input.mean` and `input.scale` must be finite numbers".to_owned());
        }
        share("thresholds.score", self.thresholds.score)?;
        share("thresholds.nms_iou", self.thresholds.nms_iou)?;
        for (class, score) in &self.thresholds.class {
            share(&format!("thresholds.class.{class}"), *score)?;
        }
        if !(1..=1000).contains(&self.thresholds.max_detections) {
            return Err("`thresholds.max_detections` must be from 1 to 1000".to_owned());
        }
        if let Some(hash) = &self.sha256
            && (hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err("`sha256` must be 64 hexadecimal digits".to_owned());
        }
        self.check_output()?;
        if self.labels()?.is_empty() {
            return Err(
                "`labels` names no class: write the model's class numbers, as 0 = \"person\"".to_owned()
            );
        }
        Ok(())
    }

    fn check_output(&self) -> Result<(), String> {
        let (names, strides) = (self.output.names.len(), self.output.strides.len());
        let (wanted, needs_strides) = match self.layout {
            Layout::Nanodet => (vec![1, 2 * strides], true),
            Layout::Yolox => (vec![1], true),
            Layout::Yolov8 => (vec![1], false),
            Layout::Detr => (vec![2], false),
        };
        if needs_strides
            && (strides == 0 || self.output.strides.iter().any(|stride| !(1..=256).contains(stride)))
        {
            return Err("`output.strides` must hold the model's strides, such as [8, 16, 32]".to_owned());
        }
        if !wanted.contains(&names) {
            let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
            return Err(format!(
                "`output.names` holds {names} names, and this layout has {}",
                wanted.join(" or ")
            ));
        }
        if self.layout == Layout::Nanodet && !(1..=64).contains(&self.output.reg_max) {
            return Err("`output.reg_max` must be from 1 to 64 for the nanodet layout".to_owned());
        }
        Ok(())
    }

    /// Number of the model's class and our class, for those that are both.
    pub(crate) fn labels(&self) -> Result<Vec<(usize, ObjectClass)>, String> {
        let label = |(number, class): (&String, &ObjectClass)| {
            let number =
                number.parse().map_err(|_| format!("`labels.{number}`: {number:?} is no class number"))?;
            Ok((number, *class))
        };
        self.labels.iter().map(label).collect()
    }

    /// The model file: as it stands where absolute, else beside the manifest, else in `models`.
    pub(crate) fn find_file(&self, manifest: &Path, models: Option<&Path>) -> Result<PathBuf, ManifestError> {
        let places = if self.file.is_absolute() {
            vec![self.file.clone()]
        } else {
            let beside = manifest.parent().map(|folder| folder.join(&self.file));
            beside.into_iter().chain(models.map(|folder| folder.join(&self.file))).collect()
        };
        places.iter().find(|place| place.is_file()).cloned().ok_or_else(|| {
            let looked: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
            ManifestError::NoFile {
                file: self.file.clone(),
                manifest: manifest.to_owned(),
                looked: looked.join(", "),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        name = "n"
        version = "1"
        licence = "Apache-2.0"
        source = "somewhere"
        file = "n.onnx"
        layout = "nanodet"
        [input]
        name = "images"
        width = 416
        height = 256
        channels = "bgr"
        mean = [103.53, 116.28, 123.675]
        std = [57.375, 57.12, 58.395]
        letterbox = "top-left"
        [output]
        names = ["a", "b"]
        strides = [8]
        reg_max = 10
        [thresholds]
        score = 0.35
        nms_iou = 0.6
        max_detections = 100
        [thresholds.class]
        car = 0.5
        [labels]
        0 = "person"
        2 = "car"
    "#;

    #[test]
    fn a_good_one_is_read() {
        let manifest = Manifest::parse(GOOD).unwrap();
        assert_eq!(manifest.labels().unwrap(), [(0, ObjectClass::Person), (2, ObjectClass::Car)]);
        assert!((manifest.input.scale - 1.0).abs() < f32::EPSILON);
        assert_eq!(manifest.thresholds.class.get(&ObjectClass::Car), Some(&0.5));
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("width = 416", "width = 0", "input.width"),
            ("width = 416", "widht = 416", "widht"),
            ("version = \"1\"", "", "version"),
            ("\"nanodet\"", "\"nanodot\"", "nanodot"),
            ("score = 0.35", "score = 35", "thresholds.score"),
            ("car = 0.5", "car = -1.0", "thresholds.class.car"),
            ("car = 0.5", "cow = 0.5", "cow"),
            ("57.12,", "0.0,", "input.std"),
            ("strides = [8]", "strides = []", "output.strides"),
            ("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]", "output.names"),
            ("2 = \"car\"", "two = \"car\"", "two"),
            ("2 = \"car\"", "2 = \"cow\"", "cow"),
            ("file = \"n.onnx\"", "file = \"n.onnx\"\nsha256 = \"12\"", "sha256"),
        ];
        for (good, bad, named) in cases {
            let text = GOOD.replace(good, bad);
            assert_ne!(text, GOOD, "{good}");
            let error = Manifest::parse(&text).unwrap_err();
            assert!(error.contains(named), "{bad}: {error}");
        }
    }

    #[test]
    fn a_missing_file_says_where_it_was_looked_for() {
        let manifest = Manifest::parse(GOOD).unwrap();
        let error =
            manifest.find_file(Path::new("/a/m.toml"), Some(Path::new("/b"))).unwrap_err().to_string();
        assert!(
            error.contains("/a/n.onnx") && error.contains("/b/n.onnx") && error.contains("setup"),
            "{error}"
        );
    }

    #[test]
    fn no_text_makes_it_panic() {
        bolero::check!().with_type::<String>().for_each(|text| drop(Manifest::parse(text)));
    }
}
