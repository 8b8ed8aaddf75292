using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>Believes everybody, or whom a test tells it to.</summary>
internal sealed class TestValidator : CredentialValidator
{
    internal Func<Credential, CredentialUse, bool> Valid { get; set; } = (_, _) => true;

    internal Func<Credential, Credential, bool> Successor { get; set; } = (a, b) => a.SameAs(b);

    internal Func<LeafNode, LeafNode, bool> SameClient { get; set; } = (_, _) => false;

    internal bool AllowSelfProposed { get; set; } = true;

    /// <summary>
    /// Whether newcomers may join from outside; null for what the library does unless told otherwise.
    /// </summary>
    internal bool? External { get; set; }

    public override bool MayJoinExternally(Credential credential, Credential? removed) =>
        removed is null && External is { } external ? external : base.MayJoinExternally(credential, removed);

    public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
        Valid(credential, use);

    public override bool IsValidSuccessor(Credential current, Credential next) => Successor(current, next);

    public override bool IsSameClient(LeafNode first, LeafNode second) => SameClient(first, second);

    public override bool MayProposeItself(Credential credential) => AllowSelfProposed;
}

internal sealed class TestPsks : IPskSource
{
    internal Dictionary<string, byte[]> Keys { get; } = [];

    public byte[]? Find(ReadOnlySpan<byte> id) => Keys.TryGetValue(Convert.ToHexString(id), out byte[]? psk)
        ? (byte[])psk.Clone() : null;
}

internal sealed class FakeTime : TimeProvider
{
    internal DateTimeOffset Now { get; set; } = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

internal static class TestEnvironment
{
    /// <summary>What the inside of the library asks for where a test goes around a client.</summary>
    internal static MlsEnvironment Create() => new()
    {
        Validator = new TestValidator(),
        Policy = new GroupPolicy(),
        Time = new FakeTime(),
        Ageing = new FakeTime(),
        Random = RandomSource.System,
        Psks = null,
    };
}
