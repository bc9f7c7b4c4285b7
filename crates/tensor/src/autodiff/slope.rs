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
/// An uncertainty is let pass if, over a step as long as the input, it is less than this part of
/// the value.
const FLAT: f64 = 1e-10;
/// The part of a scale that a slope must not depend on.
const SMALL: f64 = 1.0 / 8192.0;

/// `⟨u, f⟩` along a line through the inputs.
pub(super) struct Line<'a> {
    /// The outputs of `f` after a step along the line.
    at: &'a dyn Fn(f64) -> Tensor<f64>,
    /// The outputs without a step.
    y: &'a Tensor<f64>,
    u: &'a Tensor<f64>,
    /// Lengths at which the function may change its shape, the most likely one first.
    scales: Vec<f64>,
    /// The outputs that change along the line. The others must not drown them in their rounding.
    moving: Vec<usize>,
    /// How large the moving outputs are.
    size: f64,
    /// The slope that rounding, that of the others or inside of `f`, can hide.
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
        let is_new = |(k, scale): &(usize, &f64)| **scale > 0.0 && !scales[..*k].contains(scale);
        let scales: Vec<f64> = scales.iter().enumerate().filter(is_new).map(|(_, &s)| s).collect();
        // What only a far longer step moves is not near enough to matter.
        let near = scales.iter().filter(|&&scale| scale <= scales[0].max(1.0));
        let ends: Vec<_> =
            near.clone().flat_map(|scale| [0.25, -0.25].map(|part| at(part * scale))).collect();
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
        let widest = near.fold(0.0, |a: f64, &b| a.max(b)) / 4.0;
        // A small value may be the difference of ones, as the loss of a sure classifier is, and
        // is known no finer than they are.
        let hidden = f64::EPSILON * (1.0 + size(y, &still)) / widest;
        let size = sizes.into_iter().filter(|size| size.is_finite()).fold(0.0, f64::max);
        Line { at, y, u, scales, moving, size, hidden }
    }

    /// Whether the tape's slope is the function's.
    pub fn check(&self, tape: f64) -> Result<(), Doubt> {
        let doubt = |kind, Estimate { slope, uncertainty }| Err(Doubt { kind, slope, uncertainty });
        let compare = |best: Estimate| match best.agrees_with(tape) {
            true => Ok(()),
            false => doubt(VjpErrorKind::Disagrees, best),
        };
        let unknown = Estimate { slope: f64::NAN, uncertainty: f64::INFINITY };
        if self.moving.is_empty() && self.hidden.is_finite() {
            return compare(Estimate { slope: 0.0, uncertainty: self.hidden });
        }
        let is_finite = self.moving.iter().all(|&k| self.y.data()[k].is_finite());
        if !is_finite || self.moving.is_empty() {
            return doubt(VjpErrorKind::NotFinite, unknown);
        }
        let (mut best, mut flat, mut is_kink) = (unknown, None, false);
        for &scale in &self.scales {
            let mut rungs: Vec<Rung> = Vec::with_capacity(RUNGS);
            for _ in 0..RUNGS {
                let step = rungs.last().map_or(scale / 4.0, |rung| rung.step / 2.0);
                let rung = self.rung(step, rungs.last());
                let estimate = rung.estimate(rung.scatter);
                rungs.push(rung);
                if estimate.relative() <= FINE
                    && estimate.agrees_with(tape)
                    && self.holds_for_a_small_step(estimate, SMALL * scale)
                {
                    return Ok(());
                }
            }
            let estimates = estimates_of(&rungs);
            let least = |measure: fn(&Estimate) -> f64| {
                let compare = |a: &&Estimate, b: &&Estimate| measure(a).total_cmp(&measure(b));
                *estimates.iter().min_by(compare).expect("there are more rungs than probes")
            };
            let closest = least(Estimate::relative);
            if closest.relative() <= COARSE {
                return compare(closest);
            }
            let Estimate { slope, uncertainty } = least(|estimate| estimate.uncertainty);
            let is_flat = uncertainty * self.scales[0].max(1.0) <= FLAT * self.size;
            let has_kink = has_kink(&rungs);
            if is_flat && !has_kink && self.hidden.is_finite() {
                let uncertainty = uncertainty + self.hidden;
                flat.get_or_insert(Estimate { slope, uncertainty });
            }
            is_kink |= has_kink;
            if uncertainty < best.uncertainty {
                best = Estimate { slope, uncertainty };
            }
        }
        // The slope is not known. But if it is too small to be seen, so should the tape's be.
        match flat {
            Some(flat) => compare(flat),
            None if best.slope.is_nan() => doubt(VjpErrorKind::NotFinite, best),
            None if is_kink => doubt(VjpErrorKind::Kink, best),
            None => doubt(VjpErrorKind::Noise, best),
        }
    }

    /// A staircase has the slope of a ramp, as long as the steps are longer than its stairs.
    fn holds_for_a_small_step(&self, estimate: Estimate, step: f64) -> bool {
        let Rung { difference, rounding, .. } = self.rung(step, None);
        (difference - estimate.slope).abs() <= ALLOWED * (FINE * estimate.slope.abs() + rounding)
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

/// Whether the bend keeps its sign and does not fade with the step, as far down as the values move
/// by more than their rounding.
fn has_kink(rungs: &[Rung]) -> bool {
    let upper = &rungs[..RUNGS / 2];
    let is_seen = |rung: &Rung| rung.movement > 4.0 * rung.rounding * rung.step;
    upper.last().is_some_and(is_seen)
        && upper.windows(2).all(|two| two[1].bend / two[0].bend > 0.75)
}
