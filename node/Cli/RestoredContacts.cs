using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>What a restore added to a store.</summary>
/// <param name="Names">Aliases.</param>
/// <param name="People">Contact cards and compared numbers.</param>
/// <param name="Blocked">Nodes that are not heard.</param>
internal readonly record struct RestoredCounts(int Names, int People, int Blocked);

/// <summary>
/// Puts the contacts of a backup into the store of a daemon that does not run. Whoever made the file decided what is in
/// it: a restore takes no more of it than the owner could have typed, adds what is missing, and takes nothing away from
/// what is there.
/// </summary>
internal static class RestoredContacts
{
    internal static RestoredCounts AddTo(
        string directory, LocalIdentity identity, BackupContent content, IReadOnlyList<AccountRecord> accounts)
    {
        Span<byte> key = stackalloc byte[32];
        try
        {
            identity.DeriveKey(Daemon.StorageKeyPurpose, key);
            using MeshStore store = MeshStore.Open(directory, key, new StoreOptions(), TimeProvider.System);
            store.Begin();
            // Before a name makes one of them known: who is known here was named or answered since.
            NodeAddress[] blocked =
                [.. content.Blocked.Distinct().Where(a => a != identity.Address && !IsDecided(store.StandingOf(a)))];
            var counts = new RestoredCounts(AddNames(store, content), AddPeople(store, identity, content),
                blocked.Length);
            foreach (NodeAddress address in blocked)
                store.Block(address);
            AddAccounts(store, accounts);
            store.Commit();
            return counts;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // An account that is there has a session that is younger.
    private static void AddAccounts(MeshStore store, IReadOnlyList<AccountRecord> accounts)
    {
        foreach (AccountRecord account in accounts)
        {
            byte[] name = AccountRecord.ValueName(account.Server), record = account.ToBytes();
            if (store.Reader.FindValues(name).Count == 0)
                store.PutValue(name, record);
            CryptographicOperations.ZeroMemory(record);
        }
    }

    private static bool IsDecided(Standing standing) => standing is Standing.Known or Standing.Blocked;

    private static int AddNames(MeshStore store, BackupContent content)
    {
        IReadOnlyDictionary<string, NodeAddress> known = store.Reader.Aliases();
        int added = 0;
        foreach ((string alias, NodeAddress address) in content.Names)
        {
            // A name must not pass for an address, nor steer a terminal.
            if (known.ContainsKey(alias) || AddressBook.WhyNot(alias) is not null)
                continue;
            store.PutAlias(alias, address);
            added++;
        }

        return added;
    }

    /// <summary>
    /// A number that was compared stays so, whichever side remembers it: behind an address there is one key.
    /// </summary>
    private static int AddPeople(MeshStore store, LocalIdentity identity, BackupContent content)
    {
        var known = new Dictionary<NodeAddress, Contact>();
        foreach ((_, byte[] kept) in store.Reader.FindValues(ContactBook.ValuePrefix))
        {
            if (Contact.TryRead(kept, out Contact? contact))
                known[contact.Address] = contact;
        }

        int added = 0;
        foreach (Contact contact in content.People.Where(c => c.Address != identity.Address))
        {
            Contact? before = known.GetValueOrDefault(contact.Address);
            if (before is null && known.Count >= ContactBook.MaxContacts)
                continue;
            var after = new Contact(
                contact.Key, contact.IsVerified || before is { IsVerified: true }, before?.Card ?? contact.Card);
            if (before is not null && before.IsVerified == after.IsVerified && Equals(before.Card, after.Card))
                continue;
            known[after.Address] = after;
            store.PutValue(ContactBook.ValueName(after.Address), after.ToBytes());
            store.Accept(after.Address);
            added++;
        }

        return added;
    }
}
