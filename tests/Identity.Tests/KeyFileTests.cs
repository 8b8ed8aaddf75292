namespace QuicProChat.Mesh.Identity.Tests;

public sealed class KeyFileTests : IDisposable
{
    private static readonly Argon2Cost Cheap = new(MemoryKiB: 8, Passes: 1);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("qpc-key-");
    private readonly LocalIdentity _identity = LocalIdentity.Generate();

    private string KeyPath => Path.Combine(_directory.FullName, "identity.key");

    public void Dispose()
    {
        _identity.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void A_saved_identity_loads_again_and_only_its_owner_may_read_it()
    {
        KeyFile.Save(KeyPath, _identity);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
        using LocalIdentity loaded = KeyFile.Load(KeyPath);
        Assert.Equal(_identity.Address, loaded.Address);
        Assert.Equal(["identity.key"], _directory.GetFiles().Select(f => f.Name));
    }

    [Fact]
    public void A_passphrase_protects_the_file()
    {
        KeyFile.Save(KeyPath, _identity, "correct horse"u8, cost: Cheap);
        using LocalIdentity loaded = KeyFile.Load(KeyPath, "correct horse"u8);
        Assert.Equal(_identity.Address, loaded.Address);
        Assert.Equal(KeyFileError.PassphraseWrong, Fails(() => KeyFile.Load(KeyPath, "battery staple"u8)));
        Assert.Equal(KeyFileError.PassphraseNeeded, Fails(() => KeyFile.Load(KeyPath)));
    }

    [Fact]
    public void The_seed_does_not_stand_in_a_protected_file()
    {
        byte[] seed = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];
        using LocalIdentity identity = LocalIdentity.FromSeed(seed);
        KeyFile.Save(KeyPath, identity, "p"u8, cost: Cheap);
        Assert.True(File.ReadAllBytes(KeyPath).AsSpan().IndexOf(seed.AsSpan(0, 8)) < 0);
    }

    [Fact]
    public void An_existing_key_is_not_replaced_without_being_told_to()
    {
        KeyFile.Save(KeyPath, _identity);
        using LocalIdentity other = LocalIdentity.Generate();
        Assert.Equal(KeyFileError.Exists, Fails(() => KeyFile.Save(KeyPath, other)));
        using LocalIdentity kept = KeyFile.Load(KeyPath);
        Assert.Equal(_identity.Address, kept.Address);
        KeyFile.Save(KeyPath, other, replace: true);
        using LocalIdentity replaced = KeyFile.Load(KeyPath);
        Assert.Equal(other.Address, replaced.Address);
    }

    [Fact]
    public void A_missing_file_says_how_to_get_one()
    {
        KeyFileException e = Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath));
        Assert.Equal(KeyFileError.Missing, e.Error);
        Assert.Contains("keygen", e.Message);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_may_touch_is_refused(UnixFileMode mode)
    {
        KeyFile.Save(KeyPath, _identity);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | mode);
        KeyFileException e = Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath));
        Assert.Equal(KeyFileError.Permissions, e.Error);
        Assert.Contains("chmod 600", e.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_at_any_byte_or_longer_is_refused(bool passphrase)
    {
        KeyFile.Save(KeyPath, _identity, passphrase ? "p"u8 : default, cost: Cheap);
        byte[] whole = File.ReadAllBytes(KeyPath);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(KeyPath, whole[..length]);
            Assert.Equal(KeyFileError.Damaged, Fails(() => KeyFile.Load(KeyPath, "p"u8)));
        }

        File.WriteAllBytes(KeyPath, [.. whole, 0]);
        Assert.Equal(KeyFileError.Damaged, Fails(() => KeyFile.Load(KeyPath, "p"u8)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_altered_in_any_byte_is_refused(bool passphrase)
    {
        KeyFile.Save(KeyPath, _identity, passphrase ? "p"u8 : default, cost: Cheap);
        byte[] whole = File.ReadAllBytes(KeyPath);
        for (int i = 0; i < whole.Length; i++)
        {
            whole[i] ^= 0x80;
            File.WriteAllBytes(KeyPath, whole);
            Assert.IsType<KeyFileError>(Fails(() => KeyFile.Load(KeyPath, "p"u8)));
            whole[i] ^= 0x80;
        }
    }

    [Fact]
    public void A_newer_version_is_named()
    {
        KeyFile.Save(KeyPath, _identity);
        byte[] file = File.ReadAllBytes(KeyPath);
        file[8] = 2;
        File.WriteAllBytes(KeyPath, file);
        Assert.Equal(KeyFileError.Version, Fails(() => KeyFile.Load(KeyPath)));
    }

    [Fact]
    public void Keys_derived_for_different_purposes_differ_and_repeat()
    {
        byte[] first = new byte[32], again = new byte[32], other = new byte[32];
        _identity.DeriveKey("qpc-mesh/1 storage key"u8, first);
        _identity.DeriveKey("qpc-mesh/1 storage key"u8, again);
        _identity.DeriveKey("qpc-mesh/1 other"u8, other);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    private static KeyFileError Fails(Action action) => Assert.Throws<KeyFileException>(action).Error;
}
