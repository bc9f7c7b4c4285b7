//! Demo 2: the training of the notebook's network, and what it has learnt.

use std::io::{self, Write};

use nn::Module;

use crate::forecaster::{Diverged, Forecaster, Row, Windows, train};
use crate::notebook::{self, LOSSES};
use crate::{Verdict, numpy};

/// The settings of demo 2; by default the notebook's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// `torch.manual_seed(seed)` before the notebook's cells; `None` is the
    /// notebook's own session.
    pub seed: Option<u64>,
    /// How often the network sees all windows.
    pub epochs: usize,
    /// Adam's learning rate.
    pub lr: f64,
    /// The LSTM's hidden size.
    pub hidden: usize,
    /// How many time steps a window has.
    pub window: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: None,
            epochs: notebook::EPOCHS,
            lr: notebook::LR,
            hidden: notebook::HIDDEN_SIZE,
            window: notebook::WINDOW,
        }
    }
}

impl Settings {
    /// Whether the losses should be the notebook's: all but `epochs` are its
    /// settings.
    fn is_notebook(&self) -> bool {
        *self == Settings { epochs: self.epochs, ..Settings::default() }
    }
}

/// What demo 2 has computed.
pub struct Forecast {
    /// The settings it was computed with.
    pub settings: Settings,
    /// All windows of the series.
    pub windows: Windows,
    /// The loss of each epoch.
    pub losses: Vec<f64>,
    /// The losses of the same training in `f64`, from the same weights.
    pub losses_f64: Vec<f64>,
    /// The trained network.
    pub network: Forecaster<f32>,
}

/// Trains the network, and once more in `f64` to see how far they drift apart.
///
/// # Errors
/// If the training diverges.
pub fn run(settings: Settings, on_epoch: &mut dyn FnMut(usize, f64)) -> Result<Forecast, Diverged> {
    let Settings { seed, epochs, lr, hidden, window } = settings;
    let windows = Windows::of(&notebook::dataset(), window);
    let (mut network, _) = notebook::run_cells::<f32>(seed, hidden, window);
    let (mut network_f64, _) = notebook::run_cells::<f64>(seed, hidden, window);
    network_f64.copy_from(&network);
    let losses = train(&mut network, &windows, epochs, lr, on_epoch)?;
    // The last step, too, can leave the range of the numbers.
    if !network.predict(&windows).iter().all(|y| y.is_finite()) {
        return Err(Diverged { epoch: epochs, lr });
    }
    let losses_f64 = train(&mut network_f64, &windows, epochs, lr, |_, _| ())?;
    Ok(Forecast { settings, windows, losses, losses_f64, network })
}

/// Prints the data and the model, as the notebook does before training.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print_task(out: &mut dyn Write, settings: Settings) -> io::Result<()> {
    let Settings { seed, epochs, lr, hidden, window } = settings;
    let series = notebook::dataset();
    let windows = Windows::of(&series, window);
    let whole = |t: &tensor::Tensor<f64>| t.data().iter().map(|&x| x as i32).collect::<Vec<_>>();
    let (x, y) = (windows.x.shape(), windows.y.shape());

    writeln!(out, "Demo 2: forecasting a series of several variables")?;
    writeln!(out, "=================================================\n")?;
    writeln!(out, "The dataset: 10 time steps of two inputs and their sum, the target.\n")?;
    writeln!(out, "{}", numpy::repr(&[series.len(), 3], &series.concat()))?;
    writeln!(out, "\nIts windows of {window} time steps, X and y:\n")?;
    writeln!(out, "({}, {}, {}) ({},)\n", x[0], x[1], x[2], y[0])?;
    writeln!(out, "{}\n", numpy::print(&x, &whole(&windows.x)))?;
    writeln!(out, "{}\n", numpy::print(&y, &whole(&windows.y)))?;

    let (network, _) = notebook::run_cells::<f32>(seed, hidden, window);
    writeln!(out, "The model, an LSTM whose hidden states a linear layer reads:\n")?;
    for (name, value) in network.state_dict() {
        let size = format!("{:?}", value.shape());
        writeln!(out, "  {name:22} {size:9} {:5}", value.data().len())?;
    }
    writeln!(out, "  {:32} {:5} parameters\n", "", network.num_parameters())?;
    match seed {
        Some(seed) => writeln!(out, "Its weights are those after torch.manual_seed({seed}).")?,
        None => writeln!(out, "Its weights are the notebook's own, replayed bit for bit.")?,
    }
    writeln!(out, "Training: {epochs} epochs of Adam on all windows at once, lr = {lr}.\n")
}

impl Forecast {
    /// Prints the losses beside the notebook's.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn print_losses(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.settings.is_notebook() {
            return Ok(());
        }
        writeln!(out, "The first losses beside the notebook's:\n")?;
        writeln!(out, "  epoch         notebook             here   relative difference")?;
        for (epoch, (ours, theirs)) in self.losses.iter().zip(LOSSES).enumerate() {
            let difference = relative_difference(*ours, theirs);
            writeln!(out, "  {epoch:5} {theirs:16.6} {ours:16.6}   {difference:.1e}")?;
        }
        writeln!(out)
    }

    /// Counts the losses that agree with the notebook's.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if !self.settings.is_notebook() {
            return Verdict::nothing_to_compare("the settings are not the notebook's");
        }
        let pairs = self.losses.iter().zip(LOSSES);
        let differences: Vec<f64> = pairs.map(|(a, b)| relative_difference(*a, b)).collect();
        let agree = differences.iter().filter(|&&difference| difference <= TOLERANCE).count();
        let largest = differences.iter().fold(0.0, |max: f64, &x| max.max(x));
        let compared = differences.len();
        Verdict {
            summary: format!(
                "{agree} of {compared} losses agree with the notebook within {TOLERANCE:e} (largest: {largest:.1e})."
            ),
            agrees: agree == compared,
        }
    }

    /// Prints how far the same training in `f64` drifts away.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn print_drift(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "\nHow long can two correct programs agree? The same training in f32 and f64,"
        )?;
        writeln!(out, "from the same weights:\n")?;
        writeln!(out, "  epoch         f32 loss         f64 loss   relative difference")?;
        for (epoch, (a, b)) in self.losses.iter().zip(&self.losses_f64).enumerate() {
            let is_last = epoch + 1 == self.losses.len();
            if [0, 10, 20, 30, 40, 50, 75].contains(&epoch)
                || epoch > 0 && epoch % 100 == 0
                || is_last
            {
                writeln!(
                    out,
                    "  {epoch:5} {a:16.6} {b:16.6}   {:.1e}",
                    relative_difference(*a, *b)
                )?;
            }
        }
        let pairs = || self.losses.iter().zip(&self.losses_f64);
        writeln!(out)?;
        for limit in [1e-6, 1e-3, 1e-1] {
            if let Some(epoch) = pairs().position(|(a, b)| relative_difference(*a, *b) > limit) {
                writeln!(out, "  apart by more than {limit:5}: from epoch {epoch} on")?;
            }
        }
        writeln!(
            out,
            "
Neither is wrong. Rounding differs, and training makes more of it: a saturated
gate has a gradient of exactly 0 in f32 and a tiny one in f64, and Adam divides
a gradient by its own size, so it moves a weight in one run and not in the
other. From then on the two are different trainings. So the comparison with the
notebook ends where its printed losses end, and nothing here rests on a late
epoch."
        )
    }

    /// Prints the predictions for the windows of the series, and for windows
    /// that lie further along.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn print_predictions(&self, out: &mut dyn Write) -> io::Result<()> {
        let Settings { epochs, window, .. } = self.settings;
        let series = notebook::dataset();
        writeln!(out, "\nThe predictions after {epochs} epochs:\n")?;
        let predictions = self.print_table(out, &series)?;

        let targets = self.windows.y.data();
        let mean = mean(targets);
        let loss = mean_square(predictions.iter().zip(targets).map(|(a, b)| a - b));
        let baseline = mean_square(targets.iter().map(|y| y - mean));
        writeln!(out, "\n  mean squared error                    {loss:12.3}")?;
        writeln!(out, "  of always saying {mean}, the targets' mean {baseline:12.3}")?;
        let twins = |a: &&f64| predictions.iter().filter(|b| (*a - *b).abs() < 0.01).count() > 1;
        let same = predictions.iter().filter(twins).count();
        if same > 0 {
            writeln!(
                out,
                "
{same} of the {} windows share their prediction with another one to within 0.01.
That happens when the LSTM's gates are saturated (gates.svg shows them): they no
longer tell the windows apart, and a saturated gate passes almost no gradient.",
                predictions.len()
            )?;
        }

        writeln!(out, "\nWindows further along the same line, which training has not seen:\n")?;
        let start = series.len();
        let unseen: Vec<Row> = (start..start + window + 3).map(notebook::row).collect();
        self.print_table(out, &unseen)?;
        writeln!(
            out,
            "
The line goes on, the network does not. Each hidden state lies between -1 and
1, so no prediction can be greater than b + Σ|w| of the linear layer, here
{:.1}, whatever the window.",
            self.largest_prediction()
        )
    }

    /// What the linear layer gives if every hidden state has the sign of its
    /// weight and is 1 in size.
    fn largest_prediction(&self) -> f64 {
        let linear = &self.network.l_linear;
        let reach: f32 = linear.weight.value().data().iter().map(|w| w.abs()).sum();
        let bias = linear.bias.as_ref().map_or(0.0, |bias| bias.value().item());
        f64::from(reach + bias)
    }

    fn print_table(&self, out: &mut dyn Write, series: &[Row]) -> io::Result<Vec<f64>> {
        let windows = Windows::of(series, self.settings.window);
        let predictions = self.network.predict(&windows);
        writeln!(out, "  last row of the window     target   prediction        error")?;
        let rows = series[self.settings.window - 1..].iter();
        for (row, &prediction) in rows.zip(&predictions) {
            let [x1, x2, target] = *row;
            let row = format!("({x1}, {x2})");
            let error = prediction - f64::from(target);
            writeln!(out, "  {row:22} {target:10} {prediction:12.3} {error:12.3}")?;
        }
        Ok(predictions)
    }
}

/// How much a loss may differ from the notebook's, relatively.
pub const TOLERANCE: f64 = 1e-6;

fn relative_difference(ours: f64, theirs: f64) -> f64 {
    (ours - theirs).abs() / theirs
}

fn mean_square(errors: impl Iterator<Item = f64>) -> f64 {
    mean(&errors.map(|error| error * error).collect::<Vec<_>>())
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}
