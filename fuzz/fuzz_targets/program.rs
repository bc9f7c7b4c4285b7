//! A random program of operations: its gradient must agree with central differences.
//!
//! The input is two tensors and a list of instructions, four bytes each: an operation, two
//! values among those computed so far, and a number for what else there is to choose. An
//! instruction that does not fit these values is left out.
//!
//! `cargo +nightly fuzz run program`

#![no_main]

use libfuzzer_sys::fuzz_target;
use tensor::{Tape, Tensor, Var, VjpErrorKind, check_vjp};

/// Values stay where a difference can see a slope.
const LARGEST: f64 = 30.0;
const MOST_ELEMENTS: usize = 64;

/// Two sizes from 1 to 3, and numbers from −2 to 2.
fn tensor(bytes: &mut impl Iterator<Item = u8>) -> Option<Tensor<f64>> {
    let [rows, columns] = [bytes.next()? % 3 + 1, bytes.next()? % 3 + 1].map(usize::from);
    let numbers = bytes.take(rows * columns).map(|byte| f64::from(byte) / 64.0 - 2.0);
    let numbers: Vec<f64> = numbers.collect();
    (numbers.len() == rows * columns).then(|| Tensor::new([rows, columns], numbers))
}

type Instruction = [u8; 4];

/// The result of an instruction, if the values fit.
fn apply<'t>(values: &[Var<'t, f64>], [op, a, b, n]: Instruction) -> Option<Var<'t, f64>> {
    let n = usize::from(n);
    let [a, b] = [a, b].map(|k| values[usize::from(k) % values.len()]);
    let rank = a.shape().len();
    let dim = n.checked_rem(rank);
    let both = a.shape().broadcast(&b.shape());
    Some(match op % 24 {
        0 => both.map(|_| a + b)?,
        1 => both.map(|_| a - b)?,
        2 => both.map(|_| a * b)?,
        3 => both.map(|_| a / (b.square() + 0.5))?,
        4 => -a,
        5 => a.sigmoid(),
        6 => a.tanh(),
        7 => a.tanh().exp(),
        8 => (a.square() + 0.5).ln(),
        9 => a.square(),
        10 => a.sum(),
        11 => a.mean(),
        12 => a.broadcast_to(both?) * b,
        13 => b
            .shape()
            .broadcast(&a.shape())
            .filter(|s| *s == a.shape())
            .map(|_| a.sum_to_size(b.shape()))?,
        14 => match (a.shape()[..].to_vec(), b.shape()[..].to_vec()) {
            (a_sizes, b_sizes) if matches!((&a_sizes[..], &b_sizes[..]), ([_, k], [l, _]) if k == l) => {
                a.matmul(b)
            }
            _ => return None,
        },
        15 => match (&a.shape()[..], &b.shape()[..]) {
            ([.., k], [_, l]) if k == l => a.linear(b, None),
            _ => return None,
        },
        16 => a.reshape([a.shape().num_elements()]),
        17 => a.transpose(dim?, (n / 8) % rank),
        18 => {
            let (size, start) = (a.shape()[dim?], n / 8 % a.shape()[dim?]);
            a.narrow(dim?, start, 1 + n / 32 % (size - start))
        }
        19 => {
            let parts = a.unbind(dim?);
            parts[n / 8 % parts.len()] + parts[0] * 2.0
        }
        20 => match a.shape()[..] {
            [.., size] if size % 2 == 0 => {
                let [left, right] = a.chunk();
                left * right.tanh()
            }
            _ => return None,
        },
        21 => Var::cat(&[a, a.square()], dim?),
        22 => (rank < 4).then(|| Var::stack(&[a, -a], n % (rank + 1)))?,
        _ => 1.5 - a * 0.5,
    })
}

fn run<'t>(inputs: [Var<'t, f64>; 2], program: &[Instruction]) -> Var<'t, f64> {
    let mut values = inputs.to_vec();
    for instruction in program {
        values.push(apply(&values, *instruction).expect("it did fit"));
    }
    values[values.len() - 1]
}

/// What fits of a program, and stays small.
fn fitting(inputs: [&Tensor<f64>; 2], bytes: &[u8]) -> Vec<Instruction> {
    let tape = Tape::no_grad();
    let mut values: Vec<_> = inputs.iter().map(|&x| tape.var(x.clone())).collect();
    let mut program = Vec::new();
    for instruction in bytes.chunks_exact(4).take(16) {
        let instruction = [instruction[0], instruction[1], instruction[2], instruction[3]];
        let Some(value) = apply(&values, instruction) else { continue };
        let numbers = value.value();
        let is_small = numbers.data().iter().all(|x| x.abs() <= LARGEST);
        if is_small && numbers.data().len() <= MOST_ELEMENTS {
            values.push(value);
            program.push(instruction);
        }
    }
    program
}

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes.iter().copied();
    let (Some(a), Some(b)) = (tensor(&mut rest), tensor(&mut rest)) else { return };
    let program = fitting([&a, &b], &rest.collect::<Vec<_>>());
    let result = check_vjp(|inputs| run(inputs, &program), [&a, &b], &mut rand_mt::Mt::new(0));
    if let Err(error) = result {
        assert_ne!(error.kind, VjpErrorKind::Disagrees, "{error}\n{program:?}\n{a}\n{b}");
    }
});
