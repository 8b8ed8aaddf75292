namespace QuicProChat.Mesh.Fapp;

/// <summary>What is known about who an author is (docs/reference/fapp.md, section 6), ascending.</summary>
public enum Level : byte
{
    /// <summary>Nothing: hidden unless asked for, and cannot be reserved.</summary>
    None = 0,

    /// <summary>Two living keys claim one certificate: cannot be booked until one is revoked.</summary>
    Contested = 1,

    /// <summary>An organisation that this node's operator trusts vouches for it.</summary>
    List = 2,

    /// <summary>A practice card signed: a practice, not a person.</summary>
    Practice = 3,

    /// <summary>A professional card signed: a person.</summary>
    Card = 4,
}

/// <summary>Says what an author's level is, from the attestations and revocations that came.</summary>
public interface ILevels
{
    /// <summary>Takes in an attestation or revocation whose signature holds.</summary>
    /// <param name="type">Which of both.</param>
    /// <param name="author">The mesh key that signed, 32 bytes.</param>
    /// <param name="body">What it says.</param>
    /// <returns>False if it is malformed or does not hold: it is refused.</returns>
    bool Take(Records.FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body);

    /// <summary>The level of an author.</summary>
    /// <param name="author">The mesh key, 32 bytes.</param>
    /// <param name="attestation">The hash that its announce names (16 bytes); empty for none.</param>
    /// <param name="unixSeconds">The time; null without a clock: then nothing that ends can be judged.</param>
    Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds);

    /// <summary>
    /// Other living keys for which a card of this author's holder speaks: the author and they are contested.
    /// </summary>
    /// <param name="author">The mesh key, 32 bytes.</param>
    /// <param name="unixSeconds">The time; null without a clock: then nobody is a rival.</param>
    IReadOnlyList<Attestation.MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds);
}
