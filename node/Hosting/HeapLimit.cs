namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The collector's limit. The program begins with the largest that a configuration may name (Native.targets).
/// </summary>
internal static class HeapLimit
{
    /// <summary>Keeps managed memory within so many bytes from here on.</summary>
    /// <remarks>
    /// Beside it there are the pages of the binary, what SQLite and TLS take, and stacks: some 20 MB.
    /// </remarks>
    internal static void Set(long bytes)
    {
        AppContext.SetData("GCHeapHardLimit", (ulong)bytes);
        GC.RefreshMemoryLimit();
    }
}
