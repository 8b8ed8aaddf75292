using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tcp;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>
/// The end of a TLS connection is told while somebody reads. OpenSSL's connections are for one thread at a time: what
/// is to be seen here is that the end is never told within a read, whoever comes first.
/// </summary>
public sealed class TlsStreamTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private readonly Wire _wire = new();

    public void Dispose() => _identity.Dispose();

    [Fact]
    public async Task A_read_that_waits_is_interrupted_to_tell_the_end_and_goes_on()
    {
        (TlsStream here, SslStream there) = await ConnectAsync();
        byte[] buffer = new byte[10];
        ValueTask<int> read = here.ReadAsync(buffer);
        await _wire.Here.ReadsAsync();
        _wire.Here.Log.Clear();

        await here.ShutdownAsync().WaitAsync(_patience);

        Assert.Equal(0, await there.ReadAsync(new byte[10]).AsTask().WaitAsync(_patience));
        await there.WriteAsync("more"u8.ToArray());
        Assert.Equal(4, await read.AsTask().WaitAsync(_patience));
        Assert.Equal("more"u8.ToArray(), buffer[..4]);
        Assert.Equal(["read ends", "write", "read begins"], _wire.Here.Log.Take(3));
    }

    [Fact]
    public async Task A_read_that_begins_while_the_end_is_told_waits_for_it()
    {
        (TlsStream here, SslStream there) = await ConnectAsync();
        await there.WriteAsync("more"u8.ToArray());
        _wire.Here.Log.Clear();
        _wire.Here.HoldWrites();
        Task told = here.ShutdownAsync();
        byte[] buffer = new byte[10];
        Task<int> read = here.ReadAsync(buffer).AsTask();
        await Task.Yield();
        Assert.Empty(_wire.Here.Log);

        _wire.Here.ReleaseWrites();

        await told.WaitAsync(_patience);
        Assert.Equal(4, await read.WaitAsync(_patience));
        Assert.Equal("write", _wire.Here.Log[0]);
    }

    [Fact]
    public async Task The_end_waits_for_a_read_that_can_be_cancelled_and_a_cancelled_one_ends()
    {
        (TlsStream here, _) = await ConnectAsync();
        using CancellationTokenSource cancel = new();
        Task<int> read = here.ReadAsync(new byte[10], cancel.Token).AsTask();
        await _wire.Here.ReadsAsync();
        _wire.Here.Log.Clear();
        Task told = here.ShutdownAsync();
        Assert.False(told.IsCompleted);
        Assert.Empty(_wire.Here.Log);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(_patience));
        await told.WaitAsync(_patience);
        Assert.Equal(["read ends", "write"], _wire.Here.Log);
    }

    [Fact]
    public async Task An_end_that_cannot_be_told_is_the_tellers_fault_and_lets_reads_go_on()
    {
        (TlsStream here, SslStream there) = await ConnectAsync();
        Task<int> read = here.ReadAsync(new byte[10]).AsTask();
        await _wire.Here.ReadsAsync();
        _wire.Here.BreakWrites();
        await Assert.ThrowsAsync<IOException>(() => here.ShutdownAsync().WaitAsync(_patience));
        await there.WriteAsync("more"u8.ToArray());
        Assert.Equal(4, await read.WaitAsync(_patience));
    }

    /// <summary>Before, one of some hundred such ends damaged the memory of the process.</summary>
    [Fact]
    public async Task Whenever_the_end_is_told_under_a_stream_of_records_no_byte_is_lost()
    {
        byte[] record = new byte[100];
        for (int after = 0; after < 60; after++)
        {
            (TlsStream here, SslStream there) = await ConnectAsync();
            for (int i = 0; i < 60; i++)
                await there.WriteAsync(record);
            int got = 0;
            Task reader = Task.Run(async () =>
            {
                byte[] buffer = new byte[record.Length];
                while (Volatile.Read(ref got) < 60 * record.Length)
                    Interlocked.Add(ref got, await here.ReadAsync(buffer));
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref got) >= after * record.Length);
            await here.ShutdownAsync().WaitAsync(_patience);
            await reader.WaitAsync(_patience);
            Assert.Equal(60 * record.Length, got);
            await here.DisposeAsync();
            await there.DisposeAsync();
        }
    }

    private async Task<(TlsStream Here, SslStream There)> ConnectAsync()
    {
        _wire.Renew();
        var here = new TlsStream(_wire.Here);
        var there = new SslStream(_wire.There, leaveInnerStreamOpen: false, (_, _, _, _) => true);
        X509Certificate2 certificate = LinkCertificate.Create(_identity);
        Task dialled = there.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "", EnabledSslProtocols = SslProtocols.Tls13 });
        await here.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls13,
        }).WaitAsync(_patience);
        await dialled.WaitAsync(_patience);
        return (here, there);
    }

    /// <summary>Two ends of a connection in memory.</summary>
    private sealed class Wire
    {
        internal End Here { get; private set; } = null!;

        internal End There { get; private set; } = null!;

        internal void Renew()
        {
            var left = Channel.CreateUnbounded<byte[]>();
            var right = Channel.CreateUnbounded<byte[]>();
            Here = new End(left.Reader, right.Writer);
            There = new End(right.Reader, left.Writer);
        }
    }

    /// <summary>Notes what is done with it, in order.</summary>
    private sealed class End(ChannelReader<byte[]> source, ChannelWriter<byte[]> sink) : Stream
    {
        private readonly SemaphoreSlim _begun = new(0);
        private ReadOnlyMemory<byte> _left;
        private Task _mayWrite = Task.CompletedTask;
        private TaskCompletionSource _held = new();

        internal List<string> Log { get; } = [];

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>Waits until a read waits for bytes.</summary>
        internal async Task ReadsAsync() => Assert.True(await _begun.WaitAsync(_patience));

        internal void HoldWrites() => _mayWrite = (_held = new TaskCompletionSource()).Task;

        internal void ReleaseWrites() => _held.SetResult();

        internal void BreakWrites() => _mayWrite = Task.FromException(new IOException("broken"));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
        {
            Note("read begins");
            try
            {
                if (_left.IsEmpty)
                {
                    ValueTask<byte[]> next = source.ReadAsync(cancellation);
                    if (!next.IsCompleted)
                        _begun.Release();
                    _left = await next;
                }

                int count = Math.Min(buffer.Length, _left.Length);
                _left[..count].CopyTo(buffer);
                _left = _left[count..];
                return count;
            }
            finally
            {
                Note("read ends");
            }
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
        {
            await _mayWrite;
            Note("write");
            await sink.WriteAsync(buffer.ToArray(), cancellation);
        }

        public override Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void Note(string what)
        {
            lock (Log)
                Log.Add(what);
        }
    }
}
