use std::path::PathBuf;
use std::time::Duration;

/// How the worker is run, and how much may be asked of it at once.
#[derive(Clone, Debug)]
pub struct VisionConfig {
    /// The worker's binary, `taimat-vision`.
    pub worker: PathBuf,
    /// The model's manifest, `models/NAME.toml`.
    pub model: PathBuf,
    /// The ONNX Runtime library, `libonnxruntime.so`.
    pub runtime: PathBuf,
    /// Folder of model files, handed on as `TAIMAT_MODELS`: where the manifest's `file` is looked for after
    /// the manifest's own folder.
    pub models: Option<PathBuf>,
    /// Number of pictures that are decoded and searched at the same time, one thread each.
    pub threads: usize,
    /// Execution provider: `cpu`, `openvino`, `cuda` or `tensorrt`.
    pub provider: String,
    /// How long a search waits for others of other cameras, to be done together with them.
    pub patience: Duration,
    /// Niceness of the worker, 0 to 19: recording goes before analysis.
    pub niceness: i32,
    /// How long a worker may take to load its model.
    pub start_limit: Duration,
    /// A worker that holds work of a feed and reports nothing on it for this long is killed and started anew.
    pub hang_limit: Duration,
    /// Wait before the first restart; doubled with each further one.
    pub restart_first: Duration,
    /// Longest wait before a restart.
    pub restart_max: Duration,
    /// Most units of one feed that may be with the worker or reported and not yet taken.
    pub feed_units: usize,
    /// No more of a feed goes to the worker while it has not finished what came this long ago: what would be seen
    /// even later is better left to be analysed from the recording.
    pub feed_age: Duration,
    /// Most bytes of one feed that may be with the worker.
    pub feed_bytes: usize,
    /// Most bytes of all feeds together that may be with the worker.
    pub total_bytes: usize,
    /// How long a still may take.
    pub still_limit: Duration,
    /// How long a batch of grids may take: they have what the rest leaves them.
    pub grids_limit: Duration,
}

impl VisionConfig {
    /// One thread on the CPU and limits that fit 64 cameras.
    #[must_use]
    pub fn new(worker: impl Into<PathBuf>, model: impl Into<PathBuf>, runtime: impl Into<PathBuf>) -> Self {
        Self {
            worker: worker.into(),
            model: model.into(),
            runtime: runtime.into(),
            models: None,
            threads: 1,
            provider: "cpu".to_owned(),
            patience: Duration::from_millis(120),
            niceness: 10,
            start_limit: Duration::from_mins(1),
            hang_limit: Duration::from_secs(30),
            restart_first: Duration::from_millis(200),
            restart_max: Duration::from_secs(30),
            feed_units: 320,
            feed_age: Duration::from_secs(4),
            feed_bytes: 16 << 20,
            total_bytes: 128 << 20,
            still_limit: Duration::from_secs(20),
            grids_limit: Duration::from_mins(1),
        }
    }
}
