namespace QuicProChat.Mesh.Mls;

/// <summary>The errors that more than one place reports.</summary>
internal static class Errors
{
    internal static readonly MlsError WrongFormat = new(MlsErrorCode.WrongWireFormat, "6");

    internal static MlsError Malformed(string section) => new(MlsErrorCode.Malformed, section);

    internal static MlsError At(MlsErrorCode code, string section) => new(code, section);
}
