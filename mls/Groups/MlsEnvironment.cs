using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>What all groups of a client share.</summary>
internal sealed class MlsEnvironment
{
    internal required CredentialValidator Validator { get; init; }

    internal required GroupPolicy Policy { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required TimeProvider Ageing { get; init; }

    internal required RandomFill Random { get; init; }

    internal required IPskSource? Psks { get; init; }

    /// <summary>The application's own law; null if there is none.</summary>
    internal GroupRules? Rules { get; init; }

    /// <summary>What keys age by; no calendar.</summary>
    internal DateTimeOffset Now => Ageing.GetUtcNow();

    internal ulong SkewSeconds => (ulong)Policy.ClockSkew.TotalSeconds;

    internal ulong UnixTime => (ulong)Math.Max(0, Time.GetUtcNow().ToUnixTimeSeconds());
}
