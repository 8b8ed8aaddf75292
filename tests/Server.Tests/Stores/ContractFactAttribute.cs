using QuicProChat.Mesh.Server.Tests.Postgres;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>
/// A test of the contract of stores: each class that inherits it runs it. Over PostgreSQL it is skipped, and counted
/// so, where PostgreSQL is not installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(
    "QuicProChat.Mesh.Server.Tests.Stores.ContractFactDiscoverer", "QuicProChat.Mesh.Server.Tests")]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>Finds the tests of <see cref="ContractFactAttribute"/>.</summary>
public sealed class ContractFactDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        TestMethodDisplay display = discoveryOptions.MethodDisplayOrDefault();
        TestMethodDisplayOptions options = discoveryOptions.MethodDisplayOptionsOrDefault();
        return testMethod.TestClass.Class.Name == typeof(PostgresStoreTests).FullName
            || testMethod.TestClass.Class.Name == typeof(Federation.PostgresFederationTests).FullName
            ? [new PostgresTestCase(sink, display, options, testMethod)]
            : [new XunitTestCase(sink, display, options, testMethod)];
    }
}

/// <summary>A test over PostgreSQL.</summary>
public sealed class PostgresTestCase : XunitTestCase
{
    [Obsolete("For the runner, which reads it from bytes.")]
    public PostgresTestCase()
    {
    }

    internal PostgresTestCase(
        IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(sink, display, options, method)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        PostgresPrograms.WhySkip ?? base.GetSkipReason(factAttribute);
}
