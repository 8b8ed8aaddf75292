using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.Store.Probe;

/// <summary>
/// Takes every descriptor that there is, and then writes what has to be on the disk. One line each, for the test to
/// compare.
/// </summary>
internal static class Starver
{
    internal static void Run(string directory)
    {
        using MeshStore store = MeshStore.Open(directory, Samples.Key, new StoreOptions(), TimeProvider.System);
        // Whatever the first transaction loads from files is loaded.
        Write(store, spent: false);
        Console.WriteLine("no descriptor is left");
        var taken = new List<SafeFileHandle>();
        try
        {
            while (true)
                taken.Add(File.OpenHandle("/dev/null"));
        }
        catch (IOException)
        {
            // That was the purpose.
        }

        string said;
        try
        {
            Write(store, spent: true);
            said = "written";
        }
        catch (StoreException e)
        {
            store.Rollback();
            said = e.Message;
        }

        foreach (SafeFileHandle handle in taken)
            handle.Dispose();
        Console.WriteLine(said);
        Console.WriteLine(store.SyncFault?.Message ?? "on the disk");
    }

    private static void Write(MeshStore store, bool spent)
    {
        store.Begin();
        store.PutConversation(Samples.Conversation(1), [1, 2, 3], spent);
        store.Commit();
    }
}
