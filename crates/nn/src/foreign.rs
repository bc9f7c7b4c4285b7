//! What a file is that is no safetensors file.

/// What a file looks like by its first bytes, and what to do with it.
pub(crate) fn looks_like(first: &[u8]) -> Option<&'static str> {
    const TORCH: &str = "it looks like a PyTorch .pt file; in Python, \
        safetensors.torch.save_file(torch.load(path), \"model.safetensors\") converts it";
    const NPZ: &str = "it looks like a NumPy .npz file; in Python, \
        safetensors.numpy.save_file(dict(numpy.load(path)), \"model.safetensors\") converts it";
    const NPY: &str = "it looks like a NumPy .npy file; in Python, safetensors.numpy.save_file(\
        {\"weight\": numpy.load(path)}, \"model.safetensors\") converts it";
    const PAGE: &str = "it looks like a web page; a browser may show what the server meant, \
        and the file itself has another address";
    const LFS: &str = "it looks like a Git LFS pointer, which stands for the file itself; \
        `git lfs pull` fetches that";

    // A safetensors file after all, if not a whole one: a length, and what it is the length of.
    if first.get(8) == Some(&b'{') {
        return None;
    }
    let text = String::from_utf8_lossy(first).trim_start().to_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    match first {
        [] => Some("it is empty"),
        [b'P', b'K', 3, 4, ..] => {
            // The first file in the archive: its name's length, and its name.
            let length =
                first.get(26).zip(first.get(27)).map(|(&a, &b)| u16::from_le_bytes([a, b]));
            let name = first.get(30..30 + usize::from(length.unwrap_or(0))).unwrap_or(b"");
            Some(if name.ends_with(b".npy") { NPZ } else { TORCH })
        }
        [0x80, 2..=5, ..] => Some(TORCH),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Some(NPY),
        [0x1f, 0x8b, ..] => Some("it looks like a gzip archive; gunzip unpacks it"),
        [0x89, b'H', b'D', b'F', ..] => Some(
            "it looks like an HDF5 file, as Keras writes them; load the model in Python, and save \
             its weights with safetensors.numpy.save_file",
        ),
        [b'G', b'G', b'U', b'F', ..] => {
            Some("it looks like a GGUF file; take the safetensors file that it was made of")
        }
        _ if begins(&["<!doctype", "<html", "<?xml", "<head", "<!--"]) => Some(PAGE),
        _ if begins(&["version https://git-lfs"]) => Some(LFS),
        _ if begins(&["{", "["]) && !first.contains(&0) => Some("it looks like a JSON file"),
        _ if first.iter().all(|byte| *byte == 0) => {
            Some("it begins with zeros; was it copied or downloaded to the end?")
        }
        _ => None,
    }
}
