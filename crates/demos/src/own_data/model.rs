//! A trained network with all it takes to forecast: scaling, baselines, and a file for them.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use nn::{FileError, Generator, Linear, LoadOptions, Module, load_with, module};
use safetensors::tensor::{SafeTensors, TensorView};
use safetensors::{Dtype, serialize};
use serde::{Deserialize, Serialize};
use tensor::{Parameter, Tape, Tensor};

use super::baselines::{persistence, seasonal_naive};
use super::dataset::{Scaling, Windows};
use super::network::{Network, Settings};
use super::prepare::column;

/// What a model reads and says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The columns that it reads.
    pub columns: Vec<String>,
    /// Which of them it forecasts.
    pub target: usize,
    /// How many rows a window has.
    pub window: usize,
    /// How many rows after it are forecast.
    pub horizon: usize,
    /// The LSTM's hidden size.
    pub hidden: usize,
    /// How many layers the LSTM has.
    pub layers: usize,
    /// After how many rows the target repeats itself, if it is known to.
    pub period: Option<usize>,
}

/// The network, and what is printed beside it.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it reads and says.
    pub task: Task,
    /// How its columns are scaled.
    pub scaling: Scaling,
    /// The network, for scaled numbers.
    pub network: Network,
    /// The linear regression, for scaled numbers.
    pub regression: Linear<f64>,
}

/// What a model says: its name, and for each row where it begins, `horizon` values.
pub type Forecast = (String, Vec<f64>);

impl Model {
    /// What the network and the baselines say for the rows from each of `starts` on, of which
    /// they see only what is before.
    ///
    /// # Errors
    /// If a forecast is no number to be computed with, because the weights are not those of a
    /// training.
    ///
    /// # Panics
    /// If there are not as many rows before the first start as a window or a period has.
    pub fn forecasts(&self, rows: &Tensor<f64>, starts: Range<usize>) -> Result<Vec<Forecast>> {
        let Task { target, window, horizon, period, .. } = self.task;
        let series = column(rows, target);
        let windows = Windows { rows: self.scaling.scale(rows), target, window, horizon };
        let unscale = |z: f64| self.scaling.unscale(target, z);
        let (mut lstm, mut linear) = (Vec::new(), Vec::new());
        for starts in starts.clone().collect::<Vec<_>>().chunks(256) {
            let x = windows.inputs(&starts.iter().map(|start| start - window).collect::<Vec<_>>());
            let tape = Tape::no_grad();
            let y = self.network.forward(tape.constant(x.cast()), None).value();
            lstm.extend(y.data().iter().map(|&z| unscale(z.into())));
            let tape = Tape::no_grad();
            let x = tape.constant(x.reshape([starts.len(), window * self.task.columns.len()]));
            linear.extend(self.regression.forward(x).value().data().iter().map(|&z| unscale(z)));
        }
        let mut all = vec![
            ("LSTM".to_string(), lstm),
            ("linear regression".into(), linear),
            (
                "persistence".into(),
                starts.clone().flat_map(|s| persistence(&series, s, horizon)).collect(),
            ),
        ];
        if let Some(period) = period {
            let says = starts.flat_map(|start| seasonal_naive(&series, period, start, horizon));
            all.push((format!("seasonal naive ({period})"), says.collect()));
        }
        for (name, says) in &all {
            if let Some(y) = says.iter().find(|y| !(-LARGEST..=LARGEST).contains(*y)) {
                bail!("the {name} forecasts {y}; its weights cannot be those of a training");
            }
        }
        Ok(all)
    }

    /// Saves the model in one safetensors file, whole or not at all: weights and scaling as
    /// tensors, the [`Task`] as JSON in the header, under `"task"`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut entries: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, parameter) in self.network.named_parameters() {
            let (shape, data) = (parameter.value().shape().to_vec(), parameter.value().data());
            let bytes = data.iter().flat_map(|x| x.to_le_bytes()).collect();
            entries.push((format!("network.{name}"), Dtype::F32, shape, bytes));
        }
        let scaling = ScalingFile::of(&self.scaling);
        let named = |prefix: &str, list: Vec<(String, Tensor<f64>)>| {
            let prefix = prefix.to_string();
            list.into_iter().map(move |(name, value)| (format!("{prefix}.{name}"), value))
        };
        let doubles = named("scaling", scaling.state_dict())
            .chain(named("linear_regression", self.regression.state_dict()));
        for (name, value) in doubles {
            let bytes = value.data().iter().flat_map(|x| x.to_le_bytes()).collect();
            entries.push((name, Dtype::F64, value.shape().to_vec(), bytes));
        }
        let views = entries.iter().map(|(name, dtype, shape, bytes)| {
            Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?))
        });
        // One key only: the library writes several in any order.
        let task = HashMap::from([(KEY.to_string(), serde_json::to_string(&self.task)?)]);
        let bytes = serialize(views.collect::<Result<Vec<_>>>()?, Some(task))?;
        nn::write_whole(path, &bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Loads what [`save`](Model::save) saved.
    ///
    /// # Errors
    /// If the file cannot be read, or if it is another one.
    pub fn load(path: &Path) -> Result<Self> {
        let task = read_task(path)?;
        let Task { window, horizon, hidden, layers, .. } = task;
        let columns = task.columns.len();
        let generator = &mut Generator::manual_seed(0);
        let settings = Settings { hidden, layers, window, horizon, ..Settings::default() };
        let mut network = Network::new(columns, &settings, generator);
        let mut regression = Linear::new(window * columns, horizon, generator);
        let ones = || Parameter::new(Tensor::full([columns], 1.0));
        let mut scaling = ScalingFile { mean: ones(), std: ones() };
        let part = |prefix| LoadOptions { prefix, convert: false };
        load_with(path, &mut network, part("network."))?;
        load_with(path, &mut regression, part("linear_regression."))?;
        load_with(path, &mut scaling, part("scaling."))?;
        let (mean, std) = (scaling.mean.value().clone(), scaling.std.value().clone());
        if let Some(std) = std.data().iter().find(|std| **std <= 0.0) {
            bail!("{}: scaling.std has {std}, and should be above 0", path.display());
        }
        Ok(Model { task, scaling: Scaling { mean, std }, network, regression })
    }
}

const KEY: &str = "task";

/// The numbers of a file are smaller, and so is what is forecast from them.
const LARGEST: f64 = 1e120;

/// More than the largest network that can be trained here takes.
const MOST_BYTES: u64 = 1 << 28;

/// The scaling, as a file has it.
struct ScalingFile {
    mean: Parameter<f64>,
    std: Parameter<f64>,
}

module! { impl Module<f64> for ScalingFile { mean, std } }

impl ScalingFile {
    fn of(scaling: &Scaling) -> Self {
        let [mean, std] = [&scaling.mean, &scaling.std].map(|s| Parameter::new(s.clone()));
        ScalingFile { mean, std }
    }
}

/// The task in the file's header.
fn read_task(path: &Path) -> Result<Task> {
    let other = || anyhow!("{} was not saved by forecast --save", path.display());
    // `nn` says best what is wrong with a file that is none of this format.
    let nothing = LoadOptions { prefix: "no tensor has this name", convert: false };
    let read = load_with::<f32>(path, &mut Vec::<Parameter<f32>>::new(), nothing);
    if let Err(error @ (FileError::Read { .. } | FileError::Format { .. })) = read {
        return Err(error.into());
    }
    let cannot_read = || format!("cannot read {}", path.display());
    if fs::metadata(path).with_context(cannot_read)?.len() > MOST_BYTES {
        return Err(other());
    }
    let bytes = fs::read(path).with_context(cannot_read)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|_| other())?;
    let json = header.metadata().as_ref().and_then(|texts| texts.get(KEY)).ok_or_else(other)?;
    let task: Task = serde_json::from_str(json).map_err(|error| anyhow!("{}: {error}", other()))?;
    let Task { ref columns, target, window, horizon, hidden, layers, period } = task;
    let in_range = target < columns.len()
        && (1..=MOST_WINDOW).contains(&window)
        && (1..=MOST_HORIZON).contains(&horizon)
        && (1..=1024).contains(&hidden)
        && (1..=MOST_LAYERS).contains(&layers)
        && period != Some(0)
        && columns.len() * window <= super::prepare::MOST_INPUTS;
    if !in_range {
        bail!("{}: its settings are out of range", other());
    }
    Ok(task)
}

/// How long a window may be.
pub const MOST_WINDOW: usize = 1000;
/// How many rows may be forecast.
pub const MOST_HORIZON: usize = 100;
/// How many layers an LSTM may have here.
pub const MOST_LAYERS: usize = 4;
