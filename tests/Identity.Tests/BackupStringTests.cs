namespace QuicProChat.Mesh.Identity.Tests;

public sealed class BackupStringTests : IDisposable
{
    private static readonly Argon2Cost Cheap = new(MemoryKiB: 8, Passes: 1);

    private readonly LocalIdentity _identity = LocalIdentity.Generate();

    public void Dispose() => _identity.Dispose();

    [Fact]
    public void An_identity_comes_back_from_its_string_in_either_case()
    {
        string text = BackupString.Export(_identity);
        Assert.StartsWith("qpcsecret1", text);
        Assert.Equal(69, text.Length);
        foreach (string variant in new[] { text, text.ToUpperInvariant(), $" {text}\n" })
        {
            Assert.True(BackupString.TryImport(variant, default, out LocalIdentity? identity, out string? error),
                error);
            Assert.Equal(_identity.Address, identity.Address);
            identity.Dispose();
        }
    }

    [Fact]
    public void A_passphrase_protects_the_string()
    {
        string text = BackupString.Export(_identity, "secret"u8, Cheap);
        Assert.Equal(128, text.Length);
        Assert.True(BackupString.NeedsPassphrase(text));
        Assert.True(BackupString.TryImport(text, "secret"u8, out LocalIdentity? identity, out _));
        Assert.Equal(_identity.Address, identity.Address);
        identity.Dispose();
        Assert.False(BackupString.TryImport(text, "other"u8, out _, out string? wrong));
        Assert.Contains("passphrase is not that", wrong);
        Assert.False(BackupString.TryImport(text, default, out _, out string? missing));
        Assert.Contains("protected by a passphrase", missing);
    }

    [Fact]
    public void Every_mistyped_character_is_noticed_and_no_error_repeats_the_secret()
    {
        string text = BackupString.Export(_identity);
        for (int i = 0; i < text.Length; i++)
        {
            string altered = text[..i] + (text[i] == 'q' ? 'p' : 'q') + text[(i + 1)..];
            Assert.False(BackupString.TryImport(altered, default, out _, out string? error));
            Assert.DoesNotContain(text[12..30], error);
        }
    }

    [Fact]
    public void An_address_is_not_taken_for_a_backup()
    {
        Assert.False(BackupString.TryImport(_identity.Address.ToString(), default, out _, out string? error));
        Assert.Contains("begins with 'qpc1', not with 'qpcsecret1'", error);
    }

    [Theory]
    [InlineData(new byte[0], "newer version")]
    [InlineData(new byte[] { 9, 1, 2 }, "newer version")]
    [InlineData(new byte[] { 1, 1, 2 }, "3 bytes, not 33")]
    public void A_string_of_another_shape_is_refused_with_the_reason(byte[] data, string reason)
    {
        Assert.False(BackupString.TryImport(Bech32m.Encode("qpcsecret", data), default, out _, out string? error));
        Assert.Contains(reason, error);
    }

    // An Argon2 cost of 4 TiB must be refused, not paid.
    [Fact]
    public void A_string_that_asks_for_absurd_memory_is_refused_at_once()
    {
        byte[] data = new byte[70];
        data[0] = 2;
        data.AsSpan(1, 4).Fill(0xFF);
        data[5] = 1;
        Assert.False(BackupString.TryImport(Bech32m.Encode("qpcsecret", data), "p"u8, out _, out _));
    }
}
