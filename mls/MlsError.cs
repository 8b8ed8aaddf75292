namespace QuicProChat.Mesh.Mls;

/// <summary>
/// The only thing that hostile input produces: what was wrong, and the section of RFC 9420 that says so.
/// </summary>
/// <param name="Code">What was wrong; <see cref="MlsErrorCode.None"/> for success.</param>
/// <param name="Section">The section of RFC 9420, such as "12.4.2"; empty where none applies.</param>
public readonly record struct MlsError(MlsErrorCode Code, string Section)
{
    /// <summary>Success.</summary>
    internal static MlsError None => default;

    /// <summary>True if this is an error.</summary>
    public bool Failed => Code != MlsErrorCode.None;

    /// <inheritdoc/>
    public override string ToString() => string.IsNullOrEmpty(Section) ? $"{Code}"
        : $"{Code} (RFC 9420, section {Section})";
}
