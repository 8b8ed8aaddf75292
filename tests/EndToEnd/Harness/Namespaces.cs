using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// Lets the test itself act on a machine: what is opened there stays there, whichever thread uses it later.
/// </summary>
internal static partial class Namespaces
{
    // setns(2)
    private const int CloneNewNet = 0x40000000;

    /// <summary>Runs something on a machine, on a thread that ends with it.</summary>
    internal static T On<T>(string machine, Func<T> action)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle($"/run/netns/{machine}");
                if (SetNamespace(handle, CloneNewNet) != 0)
                    throw new IOException($"setns {machine}: errno {Marshal.GetLastPInvokeError()}");
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result!
            : throw new InvalidOperationException($"on {machine}: {failure.Message}", failure);
    }

    /// <summary>A TCP connection from a machine.</summary>
    internal static Socket Connect(string machine, string address) => On(machine, () =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Parse(address), NodeProcess.Port);
        return socket;
    });

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
