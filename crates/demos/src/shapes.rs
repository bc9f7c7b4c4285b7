//! Demo 1: the shapes of an LSTM's weights, and which rows belong to which gate.

use std::io::{self, Write};

use nn::{Lstm, Module};

use crate::{Verdict, notebook};

/// The notebook's `lstm1`, or what it would be after another seed.
pub fn lstm1(seed: Option<u64>) -> Lstm<f32> {
    notebook::run_cells(seed, notebook::HIDDEN_SIZE, notebook::WINDOW).1
}

/// Prints demo 1: sizes and weights as the notebook has them, then the gates.
///
/// # Errors
/// If `out` cannot be written to.
pub fn print(out: &mut dyn Write, lstm1: &Lstm<f32>) -> io::Result<()> {
    writeln!(out, "Demo 1: the weights of torch.nn.LSTM(3, 2)")?;
    writeln!(out, "==========================================")?;
    let hidden_size = lstm1.config().hidden_size;
    for (name, parameter) in lstm1.clone().named_parameters().into_iter().take(2) {
        let size = parameter.value().shape();
        writeln!(out, "\nlstm1.{name}.size()\ntorch.Size({size})\n")?;
        writeln!(out, "lstm1.{name}\n{parameter}")?;
    }

    writeln!(
        out,
        "\nThe weights of the four gates lie below each other, hidden_size = {hidden_size}"
    )?;
    writeln!(out, "rows for each gate, and the two biases in the same way:\n")?;
    writeln!(out, "  rows  weight_ih_l0  weight_hh_l0  bias_ih_l0  bias_hh_l0")?;
    for (k, gate) in ["i", "f", "g", "o"].iter().enumerate() {
        let rows = format!("{}..{}", k * hidden_size, (k + 1) * hidden_size);
        writeln!(
            out,
            "  {rows}  W_i{gate}          W_h{gate}          b_i{gate}        b_h{gate}"
        )?;
    }
    Ok(())
}

/// Counts how many of the weights that the notebook prints agree in every
/// printed digit. With another seed there is nothing to compare.
pub fn verdict(lstm1: &Lstm<f32>, seed: Option<u64>) -> Verdict {
    if let Some(seed) = seed {
        return Verdict::nothing_to_compare(&format!("the weights are those of seed {seed}"));
    }
    let printed = [&notebook::WEIGHT_IH[..], &notebook::WEIGHT_HH[..]];
    let ours = lstm1.state_dict();
    let digits = |x: f64| format!("{x:.4}");
    let pairs = printed.iter().zip(&ours).flat_map(|(a, (_, b))| a.iter().zip(b.data()));
    let agree = pairs.clone().filter(|&(&a, &b)| digits(a) == digits(b.into())).count();
    let total = printed.concat().len();
    Verdict {
        summary: format!("{agree} of {total} printed weights agree with the notebook."),
        agrees: agree == total,
    }
}
