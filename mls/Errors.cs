namespace QuicProChat.Mesh.Mls;

/// <summary>The errors that more than one place reports.</summary>
internal static class Errors
{
    internal static readonly MlsError WrongFormat = new(MlsErrorCode.WrongWireFormat, "6");

    internal static MlsError Malformed(string section) => new(MlsErrorCode.Malformed, section);

    /// <summary>The error of an answer that is not yes.</summary>
    internal static MlsError Of(Verdict verdict, MlsErrorCode rejected, string section) => verdict switch
    {
        Verdict.Accept => MlsError.None,
        Verdict.NotKnownYet => new MlsError(MlsErrorCode.NotKnownYet, section),
        _ => new MlsError(rejected, section),
    };

    internal static MlsError At(MlsErrorCode code, string section) => new(code, section);
}
