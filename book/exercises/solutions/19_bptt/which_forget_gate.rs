//! This loop returns the gradient of the input gate's bias. It has one mistake: with one step it is
//! right, and with two it is off by less than one per cent. A training with it might look healthy.
//!
//! Look at each gate that the line of `c_bar` uses: which step does it belong to? Then mend it.
//!
//! Chapter: Backpropagation through time (book/src/19-bptt.md), "The cell state".

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// Each step's i, f, g, o, the cell state before and after it, and h; x_t = t.
fn forward(b_i: f64, steps: usize) -> Vec<[f64; 7]> {
    let (mut h, mut c, mut record) = (0.0_f64, 0.0_f64, Vec::new());
    for t in 1..=steps {
        let x = t as f64;
        let i = sigmoid(0.5 * x + 0.6 * h + b_i);
        let f = sigmoid(0.2 * x - 0.4 * h + 1.0);
        let g = (0.8 * x + 0.5 * h).tanh();
        let o = sigmoid(0.4 * x + 0.3 * h);
        let before = c;
        c = f * c + i * g;
        h = o * c.tanh();
        record.push([i, f, g, o, before, c, h]);
    }
    record
}

/// The derivative of L = h_1 + h_2 + … by b_i.
fn gradient(steps: usize) -> f64 {
    let (mut h_later, mut c_later, mut b_i_bar) = (0.0, 0.0, 0.0);
    for [i, f, g, o, before, c, _] in forward(0.0, steps).into_iter().rev() {
        let h_bar = 1.0 + h_later;
        let c_bar = c_later + h_bar * o * (1.0 - c.tanh().powi(2));
        let a_i = c_bar * g * i * (1.0 - i);
        let a_f = c_bar * before * f * (1.0 - f);
        let a_g = c_bar * i * (1.0 - g * g);
        let a_o = h_bar * c.tanh() * o * (1.0 - o);
        h_later = 0.6 * a_i - 0.4 * a_f + 0.5 * a_g + 0.3 * a_o;
        c_later = c_bar * f; // formed in the step that sends
        b_i_bar += a_i;
    }
    b_i_bar
}

fn main() {
    for steps in [1, 2, 10] {
        println!("{steps} steps: {:.6}", gradient(steps));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_two_steps_ten_steps() {
        let loss = |b_i: f64, steps| forward(b_i, steps).iter().map(|step| step[6]).sum::<f64>();
        let slope = |steps| (loss(6e-6, steps) - loss(-6e-6, steps)) / 12e-6;
        for steps in [1, 2, 10] {
            let (found, expected) = (gradient(steps), slope(steps));
            let off = (found / expected - 1.0).abs();
            let why = match steps {
                1 => "With one step nothing crosses. The step itself was right.",
                2 if off < 0.01 => {
                    "Right for one step, and off by less than one per cent: which step's forget \
                     gate is it?"
                }
                _ => "Right for one step: the mistake is in what crosses to the step before.",
            };
            assert!(
                (found - expected).abs() < 1e-8,
                "with {steps} steps the gradient should be {expected:.6} and is {found:.6}. {why}"
            );
        }
    }
}
