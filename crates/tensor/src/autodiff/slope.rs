//! The slope of a function along a line, by central differences that know how good they are.

use super::check::VjpErrorKind;
use crate::Tensor;

/// The steps of a ladder; each is half of the one before …
const RUNGS: usize = 26;
/// … and the last of them are there to see how the values are rounded.
const PROBES: usize = 6;
/// Relatively: a slope that is known this well is not looked at any closer …
const FINE: f64 = 1e-8;
/// … and one that is not known to this is not known.
const COARSE: f64 = 1e-4;
/// No slope is known better than this: the tape's is rounded, too.
const FINEST: f64 = 1e-10;
/// How many times its uncertainty a slope may be off.
const ALLOWED: f64 = 8.0;
/// The part of a value's size that a step of that size has to change, to be seen.
const FLAT: f64 = 1e-8;

/// `⟨u, f⟩` along a line through the inputs.
pub(super) struct Line<'a> {
    /// The outputs of `f` after a step along the line.
    at: &'a dyn Fn(f64) -> Tensor<f64>,
    /// The outputs without a step.
    y: &'a Tensor<f64>,
    u: &'a Tensor<f64>,
    /// Lengths at which the function may change its shape.
    scales: Vec<f64>,
    /// The outputs that change along the line. The others must not drown them in their rounding.
    moving: Vec<usize>,
    /// How large the moving outputs are.
    size: f64,
    /// The slope that the rounding of the others can hide.
    hidden: f64,
}

/// Why the tape's slope is not accepted.
pub(super) struct Doubt {
    pub kind: VjpErrorKind,
    pub slope: f64,
    pub uncertainty: f64,
}

/// A slope, and how far off it may be.
#[derive(Clone, Copy)]
struct Estimate {
    slope: f64,
    uncertainty: f64,
}

impl Estimate {
    fn relative(&self) -> f64 {
        if self.slope == 0.0 { f64::INFINITY } else { self.uncertainty / self.slope.abs() }
    }

    fn agrees_with(&self, tape: f64) -> bool {
        (self.slope - tape).abs() <= ALLOWED * self.uncertainty
    }
}

/// What one step `h` finds.
struct Rung {
    step: f64,
    /// `(f(x + h) − f(x − h)) / 2h`
    difference: f64,
    /// The slope to the right less the slope to the left. It halves with the step; at a kink it
    /// does not.
    bend: f64,
    /// What the rounding of the values does to the difference, at the least.
    rounding: f64,
    /// How far the values have moved; if not at all, what they last moved: they are not known to
    /// be finer.
    movement: f64,
    /// The difference without its error of second order; NaN without a rung before.
    slope: f64,
    /// How far slope and bend are from what the rung before lets expect.
    scatter: f64,
}

impl<'a> Line<'a> {
    /// The function `at` of the step, with the value `y` and the weights `u`.
    pub fn new(
        at: &'a dyn Fn(f64) -> Tensor<f64>,
        y: &'a Tensor<f64>,
        u: &'a Tensor<f64>,
        scales: &[f64],
    ) -> Self {
        let mut scales: Vec<f64> = scales.iter().copied().filter(|&s| s > 0.0).collect();
        scales.dedup();
        // A far larger scale than the element's own would show movement of another kind.
        let near = &scales[..scales.len().min(2)];
        let ends: Vec<_> =
            near.iter().flat_map(|scale| [0.25, -0.25].map(|part| at(part * scale))).collect();
        let moves = |k: &usize| {
            let y = y.data()[*k];
            ends.iter()
                .map(|end| end.data()[*k])
                .any(|end| end != y && !(end.is_nan() && y.is_nan()))
        };
        let (moving, still): (Vec<_>, Vec<_>) = (0..y.data().len()).partition(moves);
        let size = |y: &Tensor<f64>, which: &[usize]| -> f64 {
            which.iter().map(|&k| (u.data()[k] * y.data()[k]).abs()).sum()
        };
        let sizes = [y, &ends[0], &ends[1]].map(|y| size(y, &moving));
        let widest = near.iter().fold(0.0, |a: f64, &b| a.max(b)) / 4.0;
        let hidden = f64::EPSILON * size(y, &still) / widest;
        let size = sizes.into_iter().filter(|size| size.is_finite()).fold(0.0, f64::max);
        Line { at, y, u, scales, moving, size, hidden }
    }

    /// Whether the tape's slope is the function's.
    pub fn check(&self, tape: f64) -> Result<(), Doubt> {
        let not_finite =
            Doubt { kind: VjpErrorKind::NotFinite, slope: f64::NAN, uncertainty: f64::INFINITY };
        if self.moving.iter().any(|&k| !self.y.data()[k].is_finite()) {
            return Err(not_finite);
        }
        let (mut estimates, mut is_kink) = (Vec::new(), false);
        if self.moving.is_empty() {
            estimates.push(Estimate { slope: 0.0, uncertainty: 0.0 });
        }
        for &scale in &self.scales {
            let mut rungs: Vec<Rung> = Vec::with_capacity(RUNGS);
            while rungs.len() < RUNGS {
                let step = rungs.last().map_or(scale / 4.0, |rung| rung.step / 2.0);
                let rung = self.rung(step, rungs.last());
                let estimate = rung.estimate(rung.scatter);
                rungs.push(rung);
                if estimate.relative() <= FINE && estimate.agrees_with(tape) {
                    return Ok(());
                }
            }
            is_kink |= has_kink(&rungs);
            estimates.extend(estimates_of(&rungs));
        }
        estimates.retain(|estimate| estimate.uncertainty.is_finite());

        let least = |measure: fn(&Estimate) -> f64| {
            let compare = |a: &&Estimate, b: &&Estimate| measure(a).total_cmp(&measure(b));
            estimates.iter().min_by(compare).copied()
        };
        let (best, is_known) = match least(Estimate::relative) {
            Some(best) if best.relative() <= COARSE => (Some(best), true),
            _ => (least(|estimate| estimate.uncertainty), false),
        };
        let Some(Estimate { slope, mut uncertainty }) = best else { return Err(not_finite) };
        let is_flat = uncertainty * self.scales[0].max(1.0) <= FLAT * self.size;
        if !is_known && self.hidden.is_finite() {
            uncertainty += self.hidden;
        }
        let agrees = Estimate { slope, uncertainty }.agrees_with(tape);
        // An infinite value, or a NaN, stands still and shows nothing.
        let is_hidden = !self.hidden.is_finite() && (!is_known || !tape.is_finite());
        let kind = match () {
            () if agrees && (is_known || is_flat) => return Ok(()),
            () if is_hidden => VjpErrorKind::NotFinite,
            () if !agrees => VjpErrorKind::Disagrees,
            () if is_kink => VjpErrorKind::Kink,
            () => VjpErrorKind::Noise,
        };
        Err(Doubt { kind, slope, uncertainty })
    }

    fn rung(&self, step: f64, wider: Option<&Rung>) -> Rung {
        let (plus, minus) = ((self.at)(step), (self.at)(-step));
        let (mut difference, mut bend, mut size) = (0.0, 0.0, 0.0);
        let mut movement = 0.0;
        for &k in &self.moving {
            let [u, y, plus, minus] = [self.u, self.y, &plus, &minus].map(|t| t.data()[k]);
            movement += u.abs() * ((plus - y).abs() + (y - minus).abs());
            difference += u * (plus - minus) / (2.0 * step);
            bend += u * ((plus - y) - (y - minus)) / step;
            size += u.abs() * plus.abs().max(minus.abs());
        }
        let mut rounding = f64::EPSILON * size / step;
        let (mut slope, mut scatter) = (f64::NAN, f64::NAN);
        if let Some(wider) = wider {
            if movement == 0.0 {
                movement = wider.movement;
                rounding = rounding.max(movement / step);
            }
            slope = difference + (difference - wider.difference) / 3.0;
            scatter = (slope - wider.slope).abs() + (2.0 * bend - wider.bend).abs();
        }
        Rung { step, difference, bend, rounding, movement, slope, scatter }
    }
}

impl Rung {
    fn estimate(&self, scatter: f64) -> Estimate {
        // Not by `f64::max`, which forgets a NaN.
        let is_known = !self.scatter.is_nan();
        let least = self.rounding.max(FINEST * self.slope.abs());
        let uncertainty = if is_known { scatter.max(least) } else { f64::INFINITY };
        Estimate { slope: self.slope, uncertainty }
    }
}

/// How much a function's values are rounded, inside it, is not known. But it is seen: the
/// shorter a step, the more it puts the slope off. So what a rung lower down is off, times its
/// step, is rounding that the rungs above it have as well.
fn estimates_of(rungs: &[Rung]) -> Vec<Estimate> {
    let mut rounding = 0.0_f64;
    let below = rungs.iter().rev().map(|rung| {
        rounding = rounding.max(rung.scatter * rung.step);
        rung.estimate(rounding / rung.step)
    });
    below.skip(PROBES).collect()
}

/// Whether the bend keeps its sign and does not fade with the step.
fn has_kink(rungs: &[Rung]) -> bool {
    rungs[..RUNGS / 2].windows(2).all(|pair| pair[1].bend / pair[0].bend > 0.75)
}
