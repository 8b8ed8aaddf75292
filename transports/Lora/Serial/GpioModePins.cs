using System.Runtime.InteropServices;
using System.Text;

namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>
/// Mode pins on two lines of a GPIO chip, by the kernel's character device (linux/gpio.h, version 2 of the interface).
/// The lines keep their level while this object lives.
/// </summary>
public sealed unsafe class GpioModePins : IModePins, IDisposable
{
    // struct gpio_v2_line_request, 592 bytes: offsets 64 x u32, consumer 32, config 272 (flags u64 first),
    // num_lines u32, event_buffer_size u32, padding 20, fd s32.
    internal const int RequestSize = 592;
    private const int ConsumerAt = 256, FlagsAt = 288, LinesAt = 560, DescriptorAt = 588;
    private const ulong FlagOutput = 1 << 3;
    private const nuint GetLine = 0xC250B407, SetValues = 0xC010B40F;

    private readonly string _chip;
    private int _fd;

    /// <summary>Takes two lines as outputs, low: transparent mode.</summary>
    /// <param name="chip">For example /dev/gpiochip0.</param>
    /// <param name="m0">Line of M0.</param>
    /// <param name="m1">Line of M1.</param>
    /// <exception cref="IOException">There is no such chip, or another process holds a line.</exception>
    public GpioModePins(string chip, int m0, int m1)
    {
        TermiosAbi.ThrowIfUnsupported();
        _chip = chip;
        int chipFd = Libc.Open(chip, Libc.ReadWrite | Libc.CloseOnExec);
        if (chipFd < 0)
            throw Failure("cannot be opened");
        try
        {
            Span<byte> request = stackalloc byte[RequestSize];
            request.Clear();
            MemoryMarshal.Write(request, (uint)m0);
            MemoryMarshal.Write(request[4..], (uint)m1);
            Encoding.ASCII.GetBytes("qpc-mesh", request[ConsumerAt..]);
            MemoryMarshal.Write(request[FlagsAt..], FlagOutput);
            MemoryMarshal.Write(request[LinesAt..], 2u);
            fixed (byte* p = request)
            {
                if (Libc.Ioctl(chipFd, GetLine, p) < 0)
                    throw Failure($"does not give lines {m0} and {m1}");
            }
            _fd = MemoryMarshal.Read<int>(request[DescriptorAt..]);
        }
        finally
        {
            _ = Libc.Close(chipFd);
        }
    }

    /// <inheritdoc/>
    public void Set(bool m0, bool m1)
    {
        // struct gpio_v2_line_values: bits u64, mask u64.
        ulong* values = stackalloc ulong[2] { (m0 ? 1u : 0u) | (m1 ? 2u : 0u), 3 };
        if (Libc.Ioctl(_fd, SetValues, values) < 0)
            throw Failure("does not set its lines");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd > 0)
            _ = Libc.Close(_fd);
        _fd = 0;
    }

    private IOException Failure(string what) => new($"{_chip} {what}: {Marshal.GetLastPInvokeErrorMessage()}.");
}
