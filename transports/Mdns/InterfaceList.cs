using System.Net;
using System.Numerics;
using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>An interface that can carry multicast, with its addresses.</summary>
internal sealed record NetworkInterface(int Index, string Name, IReadOnlyList<LinkAddress> Addresses);

/// <summary>
/// The interfaces of this machine, by getifaddrs(3): the framework's list also reads files that a jail does not have.
/// </summary>
internal static unsafe partial class InterfaceList
{
    // linux/if.h
    private const uint IsUp = 0x1, IsLoopback = 0x8, IsPointToPoint = 0x10, IsRunning = 0x40, HasMulticast = 0x1000;

    // sys/socket.h; where the address lies in sockaddr_in and sockaddr_in6.
    private const ushort Inet = 2, Inet6 = 10;
    private const int Inet4At = 4, Inet6At = 8, ScopeAt = 24;

    private const int MaxName = 16;

    /// <summary>
    /// Interfaces that are up and carry multicast, in the order of their numbers; none where the kernel does not tell.
    /// </summary>
    internal static IReadOnlyList<NetworkInterface> Read()
    {
        Entry* first;
        if (getifaddrs(&first) != 0)
            return [];
        var found = new SortedDictionary<int, NetworkInterface>();
        for (Entry* entry = first; entry is not null; entry = entry->Next)
        {
            const uint wanted = IsUp | IsRunning | HasMulticast;
            if (entry->Address is null || (entry->Flags & (wanted | IsLoopback | IsPointToPoint)) != wanted
                || AddressOf(*entry) is not { } address)
                continue;
            int index = (int)if_nametoindex(entry->Name);
            string name = Marshal.PtrToStringUTF8((nint)entry->Name) ?? "";
            // What goes through a bridge is the bridge's.
            if (index == 0 || name.Length is 0 or >= MaxName || File.Exists($"/sys/class/net/{name}/brport/port_id"))
                continue;
            if (!found.TryGetValue(index, out NetworkInterface? one))
                found.Add(index, one = new NetworkInterface(index, name, new List<LinkAddress>()));
            if (one.Addresses.Count < MdnsLink.MaxAddresses)
                ((List<LinkAddress>)one.Addresses).Add(address);
        }

        freeifaddrs(first);
        return [.. found.Values];
    }

    private static LinkAddress? AddressOf(in Entry entry)
    {
        ushort family = *(ushort*)entry.Address;
        if (family == Inet)
            return new LinkAddress(new IPAddress(new ReadOnlySpan<byte>(entry.Address + Inet4At, 4)),
                Prefix(entry.Netmask, Inet4At, 4));
        if (family != Inet6)
            return null;
        uint scope = *(uint*)(entry.Address + ScopeAt);
        return new LinkAddress(
            new IPAddress(new ReadOnlySpan<byte>(entry.Address + Inet6At, 16), scope),
            Prefix(entry.Netmask, Inet6At, 16));
    }

    private static int Prefix(byte* mask, int at, int size)
    {
        int bits = 0;
        for (int i = 0; mask is not null && i < size; i++)
            bits += BitOperations.PopCount(mask[at + i]);
        return bits;
    }

    /// <summary>struct ifaddrs, as far as it is read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        internal Entry* Next;
        internal byte* Name;
        internal uint Flags;
        internal byte* Address;
        internal byte* Netmask;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getifaddrs(Entry** first);

    [LibraryImport("libc")]
    private static partial void freeifaddrs(Entry* first);

    [LibraryImport("libc", SetLastError = true)]
    private static partial uint if_nametoindex(byte* name);
}
