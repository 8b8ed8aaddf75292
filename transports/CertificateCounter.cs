using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The number of this node's newest link certificate (docs/reference/protocol.md, section 3.1). It only rises: over
/// restarts because it lies in a file, after the loss of that file because a clock usually says more, and without a
/// clock because neighbours show the newest number that they know. Safe for threads.
/// </summary>
/// <param name="path">The file, 8 bytes; null to go by the clock alone.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Told when the number cannot be written.</param>
internal sealed class CertificateCounter(string? path, TimeProvider time, Action<string> failed)
{
    private readonly object _lock = new();
    private ulong _current;
    private bool _read;

    /// <summary>The number of the newest certificate.</summary>
    internal ulong Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    /// <summary>The number for another certificate; on disk before it is used.</summary>
    internal ulong Next()
    {
        lock (_lock)
        {
            if (!_read)
                _current = Read();
            _read = true;
            ulong clock = (ulong)Math.Max(1, time.GetUtcNow().ToUnixTimeSeconds());
            _current = Math.Max(_current + 1, clock);
            Write(_current);
            return _current;
        }
    }

    /// <summary>A certificate of this key with a proven number exists; true if this node did not know of it.</summary>
    internal bool Learn(ulong number)
    {
        lock (_lock)
        {
            if (number <= _current)
                return false;
            _current = number;
            return true;
        }
    }

    private ulong Read()
    {
        if (path is null)
            return 0;
        try
        {
            byte[] bytes = File.Exists(path) ? BoundedFile.ReadStart(path, sizeof(ulong) + 1) : [];
            return bytes.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failed(FaultText.Of(e));
            return 0;
        }
    }

    private void Write(ulong number)
    {
        if (path is null)
            return;
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        try
        {
            string next = path + ".new";
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
            DurableDirectory.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // This run goes on with the number; the next one learns it from a neighbour.
            failed(FaultText.Of(e));
        }
    }
}
