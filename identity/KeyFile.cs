using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>Why a key file could not be used.</summary>
public enum KeyFileError
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one already, and it was not to be replaced.</summary>
    Exists,

    /// <summary>Others than its owner may read or write it.</summary>
    Permissions,

    /// <summary>It needs a passphrase.</summary>
    PassphraseNeeded,

    /// <summary>The passphrase is wrong, or the file was altered.</summary>
    PassphraseWrong,

    /// <summary>It is no key file, or damaged.</summary>
    Damaged,

    /// <summary>A newer version of this program wrote it.</summary>
    Version,
}

/// <summary>A key file cannot be used; the message says which, why, and what to do.</summary>
public sealed class KeyFileException(KeyFileError error, string message) : IOException(message)
{
    /// <summary>Why.</summary>
    public KeyFileError Error { get; } = error;
}

/// <summary>
/// The file that holds an identity, mode 0600:
/// <code>
/// magic(8) "qpc-mesh"  version(1) = 01  protection(1)  publicKey(32)  body
/// protection 00: body = seed(32)
/// protection 01: body = passphrase box(69), which authenticates everything before it
/// </code>
/// Written to a neighbouring file, synchronised, then renamed: after a power cut there is the old file or the new one.
/// </summary>
public static class KeyFile
{
    private const int HeaderSize = 8 + 1 + 1 + Ed25519.PublicKeySize;
    private const byte Version = 1;
    private const byte Plain = 0;
    private const byte Passphrase = 1;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static ReadOnlySpan<byte> Magic => "qpc-mesh"u8;

    /// <summary>Writes an identity.</summary>
    /// <param name="path">Where; its directory must exist.</param>
    /// <param name="identity">What.</param>
    /// <param name="passphrase">UTF-8; empty for none.</param>
    /// <param name="replace">Replace a file that is there; otherwise that is an error, for it may be somebody's only
    /// key.</param>
    /// <param name="cost">Cost of the passphrase; <see cref="Argon2Cost.Default"/> if null.</param>
    /// <param name="random">Source of the salt.</param>
    /// <exception cref="KeyFileException">There is one already.</exception>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static void Save(
        string path, LocalIdentity identity, ReadOnlySpan<byte> passphrase = default, bool replace = false,
        Argon2Cost? cost = null, RandomFill? random = null)
    {
        Span<byte> file = stackalloc byte[HeaderSize + PassphraseBox.Size];
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        try
        {
            Magic.CopyTo(file);
            file[8] = Version;
            file[9] = passphrase.IsEmpty ? Plain : Passphrase;
            identity.PublicKey.Span.CopyTo(file[10..]);
            identity.ExportSeed(seed);
            int length = HeaderSize;
            if (passphrase.IsEmpty)
            {
                seed.CopyTo(file[HeaderSize..]);
                length += Ed25519.SeedSize;
            }
            else
            {
                PassphraseBox.Seal(
                    seed, passphrase, cost ?? Argon2Cost.Default, file[..HeaderSize], random ?? RandomSource.System,
                    file[HeaderSize..]);
                length += PassphraseBox.Size;
            }

            Write(Path.GetFullPath(path), file[..length], replace);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Reads an identity.</summary>
    /// <param name="path">Where.</param>
    /// <param name="passphrase">UTF-8; ignored by a file that needs none.</param>
    /// <exception cref="KeyFileException">It is missing, unsafe, damaged, or under another passphrase.</exception>
    /// <exception cref="IOException">The disk does not give it.</exception>
    public static LocalIdentity Load(string path, ReadOnlySpan<byte> passphrase = default)
    {
        UnixFileMode mode = ModeOf(path);
        if ((mode & Others) != 0)
            throw new KeyFileException(
                KeyFileError.Permissions,
                $"Key file {path} is open to other users (mode 0{Convert.ToString((int)mode, 8)}). Close it: chmod "
                    + $"600 {path}");

        // One byte more than the longest key file tells a longer file apart.
        Span<byte> buffer = stackalloc byte[HeaderSize + PassphraseBox.Size + 1];
        try
        {
            using FileStream stream = Open(path);
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return Read(path, buffer[..length], passphrase);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>Reads an identity from the content of a file, whose path is for the errors.</summary>
    internal static LocalIdentity Read(string path, ReadOnlySpan<byte> file, ReadOnlySpan<byte> passphrase)
    {
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        try
        {
            ReadSeed(path, file, passphrase, seed);
            LocalIdentity identity = LocalIdentity.FromSeed(seed);
            if (identity.PublicKey.Span.SequenceEqual(file[10..HeaderSize]))
                return identity;
            identity.Dispose();
            throw Damaged(path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>
    /// A file that this user may not see is not one that is missing: "make a new one" would be the wrong advice.
    /// </summary>
    private static UnixFileMode ModeOf(string path)
    {
        try
        {
            return File.GetUnixFileMode(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new KeyFileException(KeyFileError.Missing,
                $"There is no key file {path}. Make one with keygen, or restore one with identity import.");
        }
        catch (UnauthorizedAccessException)
        {
            throw NotReadable(path);
        }
    }

    private static KeyFileException NotReadable(string path) => new(
        KeyFileError.Permissions,
        $"Key file {path} may not be read by this user. It belongs to somebody else, or its directory does: give both "
            + "to the user of the node with chown.");

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (UnauthorizedAccessException) when (!Directory.Exists(path))
        {
            throw NotReadable(path);
        }
    }

    private static void ReadSeed(string path, ReadOnlySpan<byte> file, ReadOnlySpan<byte> passphrase, Span<byte> seed)
    {
        if (file.Length < HeaderSize || !file.StartsWith(Magic))
            throw Damaged(path);
        if (file[8] != Version)
            throw new KeyFileException(
                KeyFileError.Version, $"Key file {path} has version {file[8]}; this program reads version {Version}.");
        ReadOnlySpan<byte> body = file[HeaderSize..];
        switch (file[9])
        {
            case Plain when body.Length == Ed25519.SeedSize:
                body.CopyTo(seed);
                return;
            case Passphrase when body.Length == PassphraseBox.Size:
                if (passphrase.IsEmpty)
                    throw new KeyFileException(KeyFileError.PassphraseNeeded,
                        $"Key file {path} is protected by a passphrase.");
                if (!PassphraseBox.TryOpen(body, passphrase, file[..HeaderSize], seed))
                    throw new KeyFileException(KeyFileError.PassphraseWrong,
                        $"The passphrase is not that of key file {path}, or the file was altered.");
                return;
            default:
                throw Damaged(path);
        }
    }

    private static KeyFileException Damaged(string path) =>
        new(KeyFileError.Damaged,
            $"{path} is not a key file, or it is damaged. Restore it with identity import from a backup string.");

    private static void Write(string path, ReadOnlySpan<byte> content, bool replace)
    {
        if (!replace && File.Exists(path))
            throw new KeyFileException(
                KeyFileError.Exists, $"There is a key file {path} already; it is not replaced without being told to.");
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = OwnerOnly,
            };
            using (FileStream stream = new(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            // A leftover of a crashed run keeps its old mode through Create.
            File.SetUnixFileMode(temporary, OwnerOnly);
            File.Move(temporary, path, overwrite: replace);
            DurableDirectory.Flush(Path.GetDirectoryName(path)!);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
