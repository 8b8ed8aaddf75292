using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>What there is of a file.</summary>
/// <param name="Message">The message with its offer.</param>
/// <param name="Blob">The name of its bytes beside the store, 16 bytes.</param>
/// <param name="State">How far it is, as messaging numbers it.</param>
/// <param name="OverRadio">It may cross radios.</param>
/// <param name="Have">Which chunks are there, in bits that messaging understands.</param>
public sealed record StoredFile(
    EnvelopeId Message, ReadOnlyMemory<byte> Blob, int State, bool OverRadio, ReadOnlyMemory<byte> Have)
{
    /// <summary>Its name in the download folder; null where it was not written there.</summary>
    public string? Saved { get; init; }

    internal ReadOnlySpan<byte> BlobBytes => Blob.Span;
}

/// <summary>Bytes of a file that are to be deleted.</summary>
/// <param name="Blob">Their name, 16 bytes.</param>
/// <param name="Message">The message that the file belonged to.</param>
/// <param name="Saved">The name in the download folder; null where it was not written there.</param>
public sealed record ErasedFile(byte[] Blob, EnvelopeId Message, string? Saved);
