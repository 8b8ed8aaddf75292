using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Trace = SharpFuzz.Common.Trace;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// What afl-fuzz talks to (AFL++ docs, "the fork server"), by four bytes at a time in the order of this machine:
/// <code>
///   us: 0                       here we are
///   it: anything                the next input stands in standard input, the map of branches is cleared
///   us: process number, then how it ended as waitpid(2) has it
/// </code>
/// Not SharpFuzz's own: that reads its first input when it has said that it is here, and afl-fuzz writes it after it
/// has heard that. Where afl-fuzz was the slower one the first input was empty, left no trace, and afl-fuzz gave up
/// with "No instrumentation detected".
/// </summary>
internal static unsafe partial class ForkServer
{
    // Descriptors that afl-fuzz opens for its target.
    private const int Requests = 198;
    private const int Answers = 199;

    /// <summary>As if SIGABRT had ended the process.</summary>
    private const int Crashed = 6;

    /// <summary>Reads inputs until afl-fuzz goes away; false if it is not there.</summary>
    /// <param name="buffer">As much of an input as is read.</param>
    /// <param name="run">Reads an input; what it throws is a finding.</param>
    internal static bool TryRun(byte[] buffer, FuzzTarget.Feed run)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("__AFL_SHM_ID"), CultureInfo.InvariantCulture,
            out int map))
            return false;
        nint shared = Attach(map, 0, 0);
        if (shared == -1)
            throw new IOException($"the map of afl-fuzz cannot be used: {Marshal.GetLastPInvokeErrorMessage()}");
        using var requests =
            new FileStream(new SafeFileHandle(Requests, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        using var answers =
            new FileStream(new SafeFileHandle(Answers, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        using Stream input = Console.OpenStandardInput();
        Trace.SharedMem = (byte*)shared;
        Say(answers, 0);
        byte[] request = new byte[sizeof(int)];
        while (requests.ReadAtLeast(request, request.Length, throwOnEndOfStream: false) == request.Length)
        {
            Say(answers, Environment.ProcessId);
            int length = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            Say(answers, Run(run, buffer.AsSpan(0, length)));
        }

        return true;
    }

    private static int Run(FuzzTarget.Feed run, ReadOnlySpan<byte> input)
    {
        // The way from the last branch of the input before to the first of this one is no branch.
        Trace.PrevLocation = 0;
        try
        {
            run(input);
            return 0;
        }
        catch (Exception)
        {
            return Crashed;
        }
    }

    private static void Say(FileStream answers, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        answers.Write(bytes);
    }

    // shmat(2).
    [LibraryImport("libc", EntryPoint = "shmat", SetLastError = true)]
    private static partial nint Attach(int id, nint address, int flags);
}
