using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>What an argument holds.</summary>
public enum ArgumentKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>True or false; an option without a value.</summary>
    Flag,

    /// <summary>A whole number from 0 to 2147483647.</summary>
    Number,

    /// <summary>One text or more.</summary>
    Texts,

    /// <summary>
    /// A password: UTF-8 bytes, which whoever takes them zeroes. It is never typed on the command line.
    /// </summary>
    Secret,
}

/// <summary>Where an argument stands on the command line.</summary>
public enum ArgumentPlace
{
    /// <summary>By itself, and it has to be there.</summary>
    Operand,

    /// <summary>By itself, where it is there.</summary>
    OptionalOperand,

    /// <summary>Behind its name.</summary>
    Option,

    /// <summary>Nowhere: only the socket takes it.</summary>
    Nowhere,
}

/// <summary>One argument of a command: a key on the socket, an operand or option on the command line.</summary>
public abstract class CommandArgument
{
    private protected CommandArgument(string key, ArgumentKind kind, ArgumentPlace place, string help)
    {
        Key = key;
        Utf8Key = Encoding.UTF8.GetBytes(key);
        Kind = kind;
        Place = place;
        Help = help;
        Typed = place == ArgumentPlace.Option ? "--" + Dashed(key) : Dashed(key);
    }

    /// <summary>The key in the request's JSON.</summary>
    public string Key { get; }

    /// <summary>What it holds.</summary>
    public ArgumentKind Kind { get; }

    /// <summary>Where it stands on the command line.</summary>
    public ArgumentPlace Place { get; }

    /// <summary>What the help says about it: one sentence.</summary>
    public string Help { get; }

    /// <summary>What it is called on the command line: the key, unless another word says it better.</summary>
    public string Typed { get; internal init; }

    /// <summary>What the help calls the value of an option.</summary>
    public string ValueName { get; internal init; } = "";

    /// <summary>On the command line <c>-</c> stands for standard input.</summary>
    public bool TakesInput { get; internal init; }

    /// <summary>A password that is chosen now: whoever types it types it twice.</summary>
    public bool IsNew { get; internal init; }

    internal byte[] Utf8Key { get; }

    /// <summary>What the key's value has to be, for the sentence that refuses another.</summary>
    internal abstract string Accepts { get; }

    /// <summary>Takes the value from a request: of the type that <see cref="Kind"/> says.</summary>
    public abstract object? Get(object request);

    /// <summary>Puts a value into a request: of the type that <see cref="Kind"/> says.</summary>
    public abstract void Set(object request, object? value);

    /// <summary>Takes the value that the reader stands on; false if it is of another type.</summary>
    /// <exception cref="InvalidOperationException">A text is not Unicode.</exception>
    internal abstract bool TryRead(ref Utf8JsonReader json, object request);

    /// <summary>Writes key and value, unless there is no value.</summary>
    internal abstract void Write(Utf8JsonWriter json, object request);

    private static string Dashed(string key)
    {
        var typed = new StringBuilder(key.Length + 2);
        foreach (char c in key)
            _ = char.IsUpper(c) ? typed.Append('-').Append(char.ToLowerInvariant(c)) : typed.Append(c);
        return typed.ToString();
    }
}
